/**
 * Writes MaxMind databases for tests: a tree over given networks, records in the data section, metadata at the end.
 * Written from the format's specification, for all record sizes; later networks win over earlier ones around them.
 */
import { parseNetwork } from '../../src/base/index.ts'

export interface WriterOptions {
  readonly networks: readonly (readonly [network: string, record: unknown])[]
  readonly ipVersion?: 4 | 6
  readonly recordSize?: 24 | 28 | 32
  readonly type?: string
  readonly builtAtMs?: number
  /** networks of an IPv6 tree that lead back into the IPv4 subtree, as MaxMind's own files have them */
  readonly aliases?: readonly string[]
}

type Value = { node: number } | { record: number } | undefined

export function writeMmdb(options: WriterOptions): Buffer {
  const {
    networks,
    ipVersion = 6,
    recordSize = 24,
    type = 'Test-City',
    builtAtMs = Date.UTC(2026, 10, 1),
    aliases = [],
  } = options
  const nodes: [Value, Value][] = [[undefined, undefined]]
  const records: unknown[] = []
  const insert = (text: string, value: Value): void => {
    const network = parseNetwork(text)
    if (network === undefined) throw new Error(`not a network: ${text}`)
    const wide = ipVersion === 6 && network.address.length === 4
    const address = wide ? Uint8Array.from([...new Uint8Array(12), ...network.address]) : network.address
    const length = network.prefixLength + (wide ? 96 : 0)
    let at = 0
    for (let depth = 0; depth < length; depth++) {
      const side = (address[depth >> 3]! >> (7 - (depth & 7))) & 1
      if (depth === length - 1) {
        nodes[at]![side] = value
        return
      }
      const below = nodes[at]![side]
      if (below !== undefined && 'node' in below) at = below.node
      else {
        nodes.push([below, below])
        nodes[at]![side] = { node: nodes.length - 1 }
        at = nodes.length - 1
      }
    }
  }
  for (const [network, record] of networks) {
    records.push(record)
    insert(network, { record: records.length - 1 })
  }
  let ipv4: Value = { node: 0 }
  for (let i = 0; i < 96 && ipv4 !== undefined && 'node' in ipv4; i++) ipv4 = nodes[ipv4.node]![0]
  for (const alias of aliases) insert(alias, ipv4)

  const data: Buffer[] = []
  const offsets: number[] = []
  let size = 0
  const seen = new Map<string, number>()
  for (const record of records) {
    const key = JSON.stringify(record)
    const known = seen.get(key)
    if (known !== undefined) {
      offsets.push(known)
      continue
    }
    const octets = encode(record)
    offsets.push(size)
    seen.set(key, size)
    data.push(octets)
    size += octets.length
  }
  const count = nodes.length
  const number = (value: Value): number =>
    value === undefined ? count : 'node' in value ? value.node : count + 16 + offsets[value.record]!
  const tree = Buffer.concat(nodes.map(([left, right]) => encodeNode(number(left), number(right), recordSize)))
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(builtAtMs / 1000),
    database_type: type,
    description: { en: 'made by a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: count,
    record_size: recordSize,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}

function encodeNode(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const node = Buffer.alloc(recordSize / 4)
  if (recordSize === 28) {
    node.writeUIntBE(left & 0xffffff, 0, 3)
    node[3] = ((left >>> 24) << 4) | (right >>> 24)
    node.writeUIntBE(right & 0xffffff, 4, 3)
  } else {
    node.writeUIntBE(left, 0, recordSize / 8)
    node.writeUIntBE(right, recordSize / 8, recordSize / 8)
  }
  return node
}

/** Types 2 text, 3 double, 6 uint32, 7 map, 11 array, 14 boolean. */
function encode(value: unknown): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(2, text.length), text])
  }
  if (typeof value === 'boolean') return control(14, value ? 1 : 0)
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) {
      const octets = Buffer.alloc(4)
      octets.writeUInt32BE(value)
      return Buffer.concat([control(6, 4), octets])
    }
    const octets = Buffer.alloc(8)
    octets.writeDoubleBE(value)
    return Buffer.concat([control(3, 8), octets])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  const entries = Object.entries(value as object)
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)])])
}

function control(type: number, size: number): Buffer {
  const low = Math.min(size, 29)
  const head = type <= 7 ? [(type << 5) | low] : [low, type - 7]
  return Buffer.from(size < 29 ? head : [...head, size - 29])
}
