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
  for (let octet = 0; octet < 256; octet++) words[MAP_HEADER.octets + octet] = entryOfOctet(words, octet, strides[0])
  return { image, classes: classes.all, ipv4Networks: ipv4.count, ipv6Networks: ipv6.count }
}

/** @returns the entry of all IPv4 addresses that begin with this octet, or -1 where they have several */
function entryOfOctet(words: Int32Array, octet: number, stride: number): number {
  const table = words[MAP_HEADER.ipv4 + MAP_FAMILY.table]!
  const entry = words[table + (stride < 8 ? octet >> (8 - stride) : octet << (stride - 8))]!
  return entry >= 0 && (entry & 255) <= 8 ? entry : -1
}

/** About one network for each entry of the table. */
function strideFor(networks: number): number {
  return networks === 1 ? 0 : Math.min(WIDEST_STRIDE, Math.ceil(Math.log2(networks)))
}

function compileFamily({ databases, matchers }: MapRequest, classes: Classes, octets: 4 | 16): NetworkList {
  const bits = octets === 4 ? 32 : 128
  const nets = new NetTree(
    matchers.flatMap(({ net }) => net),
    bits,
  )
  const trees = [...databases.map((database) => database.trees()[octets === 4 ? 'ipv4' : 'ipv6']), nets]
  const list = new NetworkList(octets === 4 ? 1 : 4)
  const start = new Int32Array(list.wordsPerAddress)
  const width = trees.length
  // values[depth * width ..]: where each tree stands at this depth, a node or ~leaf; the last is the operator's own.
  const values = new Int32Array((bits + 1) * width)
  trees.forEach(({ root }, i) => {
    values[i] = root
  })

  // The usual case, one database and no own network, is worth a walk of its own: it takes half the time.
  const [only] = trees
  if (width === 2 && nets.root < 0) {
    const walkOne = (value: number, depth: number): void => {
      if (value < 0) {
        list.push(start, depth, classes.ofPlace(~value))
        return
      }
      const mark = 1 << (31 - (depth & 31))
      walkOne(only!.children[2 * value]!, depth + 1)
      start[depth >> 5]! |= mark
      walkOne(only!.children[2 * value + 1]!, depth + 1)
      start[depth >> 5]! &= ~mark
    }
    walkOne(only!.root, 0)
    return list
  }

  const walk = (depth: number): void => {
    const row = depth * width
    let leaves = 0
    for (let i = row; i < row + width; i++) if (values[i]! < 0) leaves++
    if (leaves === width || depth === bits) {
      list.push(start, depth, classes.of(values, row, nets))
      return
    }
    for (let side = 0; side < 2; side++) {
      for (let i = 0; i < width; i++) {
        const value = values[row + i]!
        values[row + width + i] = value < 0 ? value : trees[i]!.children[2 * value + side]!
      }
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
  /** the networks of each matcher */
  readonly #nets: readonly ReadonlySet<Network>[]
  readonly #numbers = new Map<string, number>()
  /** for each database: the number of a place -> the number of its facts plus one; 0: not met yet */
  readonly #factsOf: readonly Int32Array[]
  readonly #facts: Facts[] = []
  readonly #factNumbers = new Map<string, number>()
  /** for each database: what was said before, joined with what this one says -> a number for both */
  readonly #joined: readonly Map<number, number>[]
  /** for each set of networks, all that the databases said -> class */
  readonly #known = new Map<NetTree, Map<number, number>[]>()
  /** the usual case, one database and no network: the number of a place -> class plus one; 0: not met yet */
  readonly #single: Int32Array

  constructor(request: MapRequest) {
    this.#request = request
    this.#nets = request.matchers.map(({ net }) => new Set(net))
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
    this.#factsOf = request.databases.map((database) => new Int32Array(database.trees().places.length))
    this.#joined = request.databases.map(() => new Map())
    this.#single = new Int32Array(request.databases.length === 1 ? request.databases[0]!.trees().places.length : 0)
  }

  /** @param values ~number of a place for each database, then ~number of a set of networks */
  of(values: Int32Array, row: number, nets: NetTree): number {
    const count = this.#factsOf.length
    const set = ~values[row + count]!
    let said = 0
    for (let i = 0; i < count; i++) said = this.#join(i, said, this.#factNumber(i, ~values[row + i]!))
    let sets = this.#known.get(nets)
    if (sets === undefined) {
      sets = nets.sets.map(() => new Map())
      this.#known.set(nets, sets)
    }
    let cls = sets[set]!.get(said)
    if (cls === undefined) {
      const facts = this.#factsOf.map((_, i) => this.#facts[this.#factNumber(i, ~values[row + i]!)]!)
      cls = this.#classOf(joinFacts(facts), nets.sets[set]!)
      sets[set]!.set(said, cls)
    }
    return cls
  }

  /** The same where there is one database and no network. */
  ofPlace(place: number): number {
    const known = this.#single[place]!
    if (known > 0) return known - 1
    const cls = this.#classOf(joinFacts([this.#facts[this.#factNumber(0, place)]!]), [])
    this.#single[place] = cls + 1
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

  #factNumber(database: number, place: number): number {
    const known = this.#factsOf[database]!
    if (known[place]! > 0) return known[place]! - 1
    const facts = this.#reducer.facts(this.#request.databases[database]!.trees().places[place]!)
    const key = JSON.stringify(Object.values(facts).map((fact) => fact ?? null))
    let number = this.#factNumbers.get(key)
    if (number === undefined) {
      number = this.#facts.length
      this.#facts.push(facts)
      this.#factNumbers.set(key, number)
    }
    known[place] = number + 1
    return number
  }

  #classOf(facts: Facts, nets: readonly Network[]): number {
    const { matchers } = this.#request
    const matcher = matchers.findIndex((one, i) => {
      const own = this.#nets[i]!
      return matches(
        one,
        facts,
        nets.some((net) => own.has(net)),
      )
    })
    const list = matcher < 0 ? -1 : this.#siteList[matcher]!
    const order = list < 0 ? undefined : facts.orders?.[list]
    const key = `${matcher} ${order ?? '-'}`
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.all.length
      assert(number < MOST_CLASSES, 'a geo map has too many classes')
      this.all.push({ matcher, order: order === '' ? [] : order?.split(' ').map(Number) })
      this.#numbers.set(key, number)
    }
    return number
  }
}
