/**
 * Compiles matchers over databases into a map: walks all trees at once, gives every leaf its class, merges what can be merged.
 *
 *     database trees ┐
 *                    ├─ one walk over the bits ─▶ leaf: facts of each ─▶ class ─▶ NetworkList ─▶ shared memory
 *     own networks   ┘
 */
import { assert, type Network } from '../base/index.ts'
import type { GeoDatabase } from './database.ts'
import type { Site } from './distance.ts'
import { MAP_FAMILY, MAP_HEADER, MAP_MAGIC } from './geo-map.ts'
import { type Facts, joinFacts, type Matcher, matches, Reducer } from './matcher.ts'
import { NetTree } from './net-tree.ts'
import { NetworkList } from './network-list.ts'

export interface MapRequest {
  /** the first that knows a matter is believed: the city database before the country database */
  readonly databases: readonly GeoDatabase[]
  /** ordered: a client belongs to the first that matches */
  readonly matchers: readonly Matcher[]
  /** for each matcher: the sites to order by distance from the client; undefined or absent: none */
  readonly sites?: readonly (readonly Site[] | undefined)[]
}

/** What the class numbers of a map mean. */
export interface MapClass {
  /** index into the request's matchers; -1: none matches */
  readonly matcher: number
  /** indexes into the matcher's sites, nearest first; undefined: none were asked for, or nobody knows where the client is */
  readonly order: readonly number[] | undefined
}

export interface CompiledMap {
  /** for `new GeoMap(image)` */
  readonly image: SharedArrayBuffer
  readonly classes: readonly MapClass[]
  readonly ipv4Networks: number
  readonly ipv6Networks: number
}

/** A 16-bit table is 256 KiB: beyond that memory grows faster than the search in buckets shrinks. */
const WIDEST_STRIDE = 16

/** Class numbers share a word with the prefix length; more would be a mistake of ours long before. */
const MOST_CLASSES = 1 << 22

export function compileMap(request: MapRequest): CompiledMap {
  const classes = new Classes(request)
  const ipv4 = compileFamily(request, classes, 4)
  const ipv6 = compileFamily(request, classes, 16)
  const strides = [strideFor(ipv4.count), strideFor(ipv6.count)] as const
  const total = MAP_HEADER.words + ipv4.size(strides[0]) + ipv6.size(strides[1])
  const image = new SharedArrayBuffer(4 * total)
  const words = new Int32Array(image)
  words[MAP_HEADER.magic] = MAP_MAGIC
  let free: number = MAP_HEADER.words
  for (const [list, header, stride] of [
    [ipv4, MAP_HEADER.ipv4, strides[0]],
    [ipv6, MAP_HEADER.ipv6, strides[1]],
  ] as const) {
    words[header + MAP_FAMILY.stride] = stride
    words[header + MAP_FAMILY.table] = free
    words[header + MAP_FAMILY.networks] = list.count
    free = list.write(words, free, stride)
  }
  assert(free === total, 'a geo map has the size that was reckoned')
  return { image, classes: classes.all, ipv4Networks: ipv4.count, ipv6Networks: ipv6.count }
}

/** About one network for each entry of the table. */
function strideFor(networks: number): number {
  return networks === 1 ? 0 : Math.min(WIDEST_STRIDE, Math.ceil(Math.log2(networks)))
}

function compileFamily({ databases, matchers }: MapRequest, classes: Classes, octets: 4 | 16): NetworkList {
  const inIpv6 = octets === 16
  const bits = octets === 4 ? 32 : 128
  const nets = new NetTree(
    matchers.flatMap(({ net }) => net),
    bits,
  )
  const list = new NetworkList(inIpv6 ? 4 : 1)
  const start = new Int32Array(list.wordsPerAddress)
  const width = databases.length + 1
  // values[depth * width ..]: where each tree stands at this depth; the last is the operator's own.
  const values = new Float64Array((bits + 1) * width)
  databases.forEach((database, i) => {
    values[i] = inIpv6 ? database.ipv6Root : database.ipv4Root
  })
  values[width - 1] = nets.root

  const atLeaf = (row: number): boolean => {
    if (values[row + width - 1]! >= 0) return false
    for (let i = 0; i < databases.length; i++) if (values[row + i]! < databases[i]!.metadata.nodeCount) return false
    return true
  }
  const walk = (depth: number): void => {
    const row = depth * width
    if (depth === bits || atLeaf(row)) {
      list.push(start, depth, classes.of(values, row, nets, inIpv6))
      return
    }
    for (let side = 0; side < 2; side++) {
      for (let i = 0; i < databases.length; i++)
        values[row + width + i] = databases[i]!.step(values[row + i]!, side, inIpv6)
      values[row + 2 * width - 1] = nets.step(values[row + width - 1]!, side)
      if (side === 1) start[depth >> 5]! |= 1 << (31 - (depth & 31))
      walk(depth + 1)
    }
    start[depth >> 5]! &= ~(1 << (31 - (depth & 31)))
  }
  walk(0)
  return list
}

/** Numbers the classes as they are met: what a leaf's databases and networks say, reduced, is matched once. */
class Classes {
  readonly all: MapClass[] = []
  readonly #request: MapRequest
  readonly #reducer: Reducer
  /** which list of sites each matcher has; -1: none. Matchers with equal sites share one */
  readonly #siteList: readonly number[]
  readonly #numbers = new Map<string, number>()
  /** for each database: leaf value -> number of its facts */
  readonly #factsOf: readonly Map<number, number>[]
  readonly #facts: Facts[] = []
  readonly #factNumbers = new Map<string, number>()
  /** by family and database: what was said before, joined with what this one says -> a number for both */
  readonly #joined: readonly Map<number, number>[]
  /** by family: the number of everything said -> class */
  readonly #known = [new Map<number, number>(), new Map<number, number>()] as const

  constructor(request: MapRequest) {
    this.#request = request
    const lists: (readonly Site[])[] = []
    const keys: string[] = []
    this.#siteList = request.matchers.map((_, i) => {
      const sites = request.sites?.[i]
      if (sites === undefined) return -1
      const key = JSON.stringify(sites)
      if (!keys.includes(key)) {
        keys.push(key)
        lists.push(sites)
      }
      return keys.indexOf(key)
    })
    this.#reducer = new Reducer(request.matchers, lists)
    this.#factsOf = request.databases.map(() => new Map())
    this.#joined = request.databases.flatMap(() => [new Map<number, number>(), new Map<number, number>()])
  }

  of(values: Float64Array, row: number, nets: NetTree, inIpv6: boolean): number {
    const { databases } = this.#request
    const set = nets.setNumber(values[row + databases.length]!)
    let key = set
    for (let i = 0; i < databases.length; i++)
      key = this.#join(2 * i + (inIpv6 ? 1 : 0), key, this.#factNumber(i, values[row + i]!))
    const known = this.#known[inIpv6 ? 1 : 0]
    let cls = known.get(key)
    if (cls === undefined) {
      const facts = databases.map((_, i) => this.#facts[this.#factNumber(i, values[row + i]!)]!)
      cls = this.#classOf(joinFacts(facts), nets.set(set))
      known.set(key, cls)
    }
    return cls
  }

  /** A number for a pair of numbers. Both are far below 2^26, so that a pair fits in a float's 53 bits. */
  #join(at: number, first: number, second: number): number {
    const joined = this.#joined[at]!
    const pair = first * 0x4000000 + second
    let number = joined.get(pair)
    if (number === undefined) {
      number = joined.size
      joined.set(pair, number)
    }
    return number
  }

  #factNumber(database: number, value: number): number {
    const cache = this.#factsOf[database]!
    let number = cache.get(value)
    if (number === undefined) {
      const facts = this.#reducer.facts(this.#request.databases[database]!.placeOf(value))
      const key = JSON.stringify(Object.values(facts).map((fact) => fact ?? null))
      number = this.#factNumbers.get(key)
      if (number === undefined) {
        number = this.#facts.length
        this.#facts.push(facts)
        this.#factNumbers.set(key, number)
      }
      cache.set(value, number)
    }
    return number
  }

  #classOf(facts: Facts, nets: readonly Network[]): number {
    const { matchers } = this.#request
    const matcher = matchers.findIndex((one) => matches(one, facts, (net) => nets.includes(net)))
    const list = matcher < 0 ? -1 : this.#siteList[matcher]!
    const order = list < 0 ? undefined : facts.orders?.[list]
    const key = `${matcher} ${order ?? '-'}`
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.all.length
      assert(number < MOST_CLASSES, 'a geo map has too many classes')
      this.all.push({ matcher, order: order?.split(' ').map(Number) })
      this.#numbers.set(key, number)
    }
    return number
  }
}
