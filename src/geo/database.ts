/**
 * A MaxMind DB: a binary tree over address bits whose leaves point to records (MaxMind DB File Format Specification 2.0).
 *
 *     file = search tree | 16 zero octets | data section | marker | metadata
 *     node = left record, right record; 24, 28 or 32 bits each:  value < nodeCount  the next node
 *                                                                value = nodeCount  nothing known
 *                                                                value > nodeCount  a record in the data section
 *     28 bits:  LLLLLLLL LLLLLLLL LLLLLLLL llllrrrr RRRRRRRR RRRRRRRR RRRRRRRR   (l, r: the highest four bits)
 *
 * The tree is walked here, because compiling and checking visit all of it; records are decoded by a library behind `MmdbFile`.
 * IPv6 trees hold IPv4 under ::/96, and often alias that subtree (::ffff:0:0/96, 2002::/16 ...): aliases count as nothing known.
 */
import { type Issue, maskAddress, type Network } from '../base/index.ts'
import { NOWHERE, type Place, readPlace } from './place.ts'
import { PlaceNumbers, type PlaceTree, plantTree } from './place-tree.ts'

export interface MmdbMetadata {
  readonly databaseType: string
  /** epoch ms */
  readonly builtAtMs: number
  readonly ipVersion: 4 | 6
  readonly nodeCount: number
  /** bits */
  readonly recordSize: 24 | 28 | 32
}

/** The port to the library that decodes the data section. */
export interface MmdbFile {
  readonly bytes: Uint8Array
  readonly metadata: MmdbMetadata
  /** Decodes the record that a tree value above nodeCount names. Throws where the data section is damaged. */
  decode(value: number): unknown
}

export interface Located {
  readonly place: Place
  /** the database's own network around the address, in the address's family */
  readonly network: Network
}

/** What a database knows anything of. */
export interface Knowledge {
  readonly country: boolean
  readonly subdivision: boolean
  readonly coordinates: boolean
  readonly asn: boolean
}

export class GeoDatabase {
  /** as the operator names it */
  readonly name: string
  readonly metadata: MmdbMetadata
  /** the tree value at which IPv4 begins: a node, or a leaf where IPv4 has only one */
  readonly ipv4Root: number
  /** the tree value at which IPv6 begins; nodeCount (nothing known) in IPv4 databases */
  readonly ipv6Root: number
  readonly #file: MmdbFile
  readonly #places = new Map<number, Place>()
  #numbers: PlaceNumbers | undefined
  #trees: { readonly ipv4: PlaceTree; readonly ipv6: PlaceTree } | undefined

  constructor(name: string, file: MmdbFile) {
    this.name = name
    this.metadata = file.metadata
    this.#file = file
    const { ipVersion, nodeCount } = file.metadata
    this.ipv6Root = ipVersion === 6 ? 0 : nodeCount
    let root = 0
    if (ipVersion === 6) for (let bit = 0; bit < 96 && root < nodeCount; bit++) root = this.child(root, 0)
    this.ipv4Root = root
  }

  /** The tree value on one side of a node. */
  child(node: number, side: number): number {
    const { bytes } = this.#file
    switch (this.metadata.recordSize) {
      case 24: {
        const at = node * 6 + side * 3
        return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      }
      case 28: {
        const at = node * 7
        const high = side === 0 ? bytes[at + 3]! >> 4 : bytes[at + 3]! & 15
        const low = at + 4 * side
        return (high << 24) | (bytes[low]! << 16) | (bytes[low + 1]! << 8) | bytes[low + 2]!
      }
      case 32: {
        const at = node * 8 + side * 4
        return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
      }
    }
  }

  /** The next tree value below `value`; leaves stay what they are, aliases of the IPv4 subtree count as nothing known. */
  step(value: number, side: number, inIpv6: boolean): number {
    const { nodeCount } = this.metadata
    if (value >= nodeCount) return value
    const next = this.child(value, side)
    return inIpv6 && next === this.ipv4Root && next < nodeCount ? nodeCount : next
  }

  /** The place that a leaf names. Throws where the data section is damaged (`examineDatabase` finds that beforehand). */
  placeOf(value: number): Place {
    if (value <= this.metadata.nodeCount) return NOWHERE
    let place = this.#places.get(value)
    if (place === undefined) {
      place = readPlace(this.#file.decode(value))
      this.#places.set(value, place)
    }
    return place
  }

  /** The trees that maps are compiled from, planted when first asked for. Throws like `placeOf`. */
  trees(): { readonly places: readonly Place[]; readonly ipv4: PlaceTree; readonly ipv6: PlaceTree } {
    this.#numbers ??= new PlaceNumbers()
    this.#trees ??= { ipv4: plantTree(this, this.#numbers, false), ipv6: plantTree(this, this.#numbers, true) }
    return { places: this.#numbers.places, ...this.#trees }
  }

  /** Finds an address (4 or 16 octets; IPv4-mapped ones count as IPv4). */
  locate(address: Uint8Array): Located {
    const mapped = isMapped(address)
    const octets = mapped ? address.subarray(12) : address
    const inIpv6 = octets.length === 16
    let value = inIpv6 ? this.ipv6Root : this.ipv4Root
    let depth = 0
    for (; depth < octets.length * 8 && value < this.metadata.nodeCount; depth++)
      value = this.step(value, (octets[depth >> 3]! >> (7 - (depth & 7))) & 1, inIpv6)
    const prefixLength = mapped ? depth + 96 : depth
    return { place: this.placeOf(value), network: { address: maskAddress(address, prefixLength), prefixLength } }
  }
}

/** @returns whether 16 octets are an IPv4 address in IPv6 clothes (RFC 4291 2.5.5.2) */
export function isMapped(address: Uint8Array): boolean {
  return (
    address.length === 16 &&
    address[10] === 0xff &&
    address[11] === 0xff &&
    address.subarray(0, 10).every((o) => o === 0)
  )
}

export interface Examination {
  readonly issues: readonly Issue[]
  readonly knows: Knowledge
  /** leaves that say something */
  readonly ipv4Networks: number
  readonly ipv6Networks: number
  /** distinct records */
  readonly records: number
}

/** Older data misplaces more and more clients: operators are told after half a year. */
const OLD_MS = 180 * 86_400_000

/**
 * Walks the whole tree and decodes every record once: a file that passes cannot fail later.
 * The walk is bounded by the tree's own size: a tree whose nodes share subtrees (a circle, a bomb) is refused.
 * @param nowMs undefined: age does not matter (the built-in database is known to be old)
 */
export function examineDatabase(database: GeoDatabase, nowMs: number | undefined): Examination {
  const { name, metadata } = database
  const { nodeCount } = metadata
  const issues: Issue[] = []
  const complain = (severity: 'error' | 'warning', code: string, message: string, advice: string): void => {
    issues.push({ severity, code: `geo/${code}`, file: name, line: 0, column: 0, message, advice })
  }
  const knows = { country: false, subdivision: false, coordinates: false, asn: false }
  const counts = { ipv4: 0, ipv6: 0 }
  const known = new Set<number>()
  // Writers may share equal subtrees; a tree that unfolds to many times its size is a circle or a bomb.
  let budget = 4 * nodeCount + 1024

  const leaf = (value: number, family: 'ipv4' | 'ipv6'): boolean => {
    if (value === nodeCount) return true
    counts[family]++
    if (known.has(value)) return true
    known.add(value)
    try {
      const place = database.placeOf(value)
      if (place.country !== undefined) knows.country = true
      if (place.subdivisions.length > 0) knows.subdivision = true
      if (place.at !== undefined) knows.coordinates = true
      if (place.asn !== undefined) knows.asn = true
      return true
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      complain(
        'error',
        'damaged',
        `the record at ${value - nodeCount} of the data section cannot be read: ${why}.`,
        FETCH_AGAIN,
      )
      return false
    }
  }

  const walk = (value: number, depth: number, bits: number, family: 'ipv4' | 'ipv6'): boolean => {
    if (value >= nodeCount) return leaf(value, family)
    if (depth === bits || --budget < 0) {
      complain('error', 'damaged', 'the search tree goes round in a circle.', FETCH_AGAIN)
      return false
    }
    const inIpv6 = family === 'ipv6'
    return (
      walk(database.step(value, 0, inIpv6), depth + 1, bits, family) &&
      walk(database.step(value, 1, inIpv6), depth + 1, bits, family)
    )
  }

  const whole = walk(database.ipv4Root, 0, 32, 'ipv4') && walk(database.ipv6Root, 0, 128, 'ipv6')
  if (whole && !Object.values(knows).some(Boolean))
    complain(
      'error',
      'no-places',
      `a database of type "${metadata.databaseType}" says nothing of countries, coordinates or AS numbers.`,
      'Use a country, city or ASN database: geoip/README.md names some.',
    )
  if (nowMs !== undefined) {
    const ageDays = Math.floor((nowMs - metadata.builtAtMs) / 86_400_000)
    if (nowMs - metadata.builtAtMs > OLD_MS)
      complain(
        'warning',
        'old',
        `the database is ${ageDays} days old: networks have moved since.`,
        'Replace the file; it is taken up while the server runs.',
      )
    if (ageDays < -1)
      complain(
        'warning',
        'future',
        `the database says that it was built ${-ageDays} days in the future.`,
        "Look at this machine's clock.",
      )
  }
  return { issues, knows, ipv4Networks: counts.ipv4, ipv6Networks: counts.ipv6, records: known.size }
}

const FETCH_AGAIN = 'The file is damaged or was not copied whole: fetch it again.'

/**
 * Opens a database: the library reads the metadata, which is held against the file's length here.
 * @param open the library; throws what people should read
 */
export function openDatabase(
  name: string,
  bytes: Uint8Array,
  open: (bytes: Uint8Array) => MmdbFile,
): { readonly database: GeoDatabase } | { readonly issue: Issue } {
  const refuse = (code: string, message: string, advice: string) => ({
    issue: { severity: 'error', code: `geo/${code}`, file: name, line: 0, column: 0, message, advice } as const,
  })
  try {
    const file = open(bytes)
    const { nodeCount, recordSize, ipVersion, builtAtMs } = file.metadata
    const sound =
      [24, 28, 32].includes(recordSize) &&
      (ipVersion === 4 || ipVersion === 6) &&
      Number.isSafeInteger(nodeCount) &&
      nodeCount >= 0
    if (!sound || !Number.isFinite(builtAtMs))
      return refuse('damaged', 'the metadata of the database make no sense.', FETCH_AGAIN)
    // The tree, and the 16 zero octets after it.
    const treeOctets = (nodeCount * recordSize) / 4 + 16
    if (treeOctets > bytes.length)
      return refuse(
        'damaged',
        `the search tree alone has ${treeOctets} octets, but the file has ${bytes.length}.`,
        FETCH_AGAIN,
      )
    return { database: new GeoDatabase(name, file) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse(
      'not-mmdb',
      `this is not a MaxMind database: ${why}`,
      'Use a .mmdb file, unpacked: geoip/README.md names some.',
    )
  }
}
