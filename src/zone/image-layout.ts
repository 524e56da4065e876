/**
 * The zone image: one zone as bytes in one SharedArrayBuffer, read by every thread, written once by compile.ts.
 * Words are in the machine's own order; resource records are wire bytes.
 *
 *   header   HEADER words of 32 bits, as named below
 *   slots    2^n words, open addressing with linear probing:  fingerprint << offsetBits | offset of a node / 4;  0: free
 *   nodes    one behind the other, each at a multiple of 4, the apex first, every parent before its children; and behind the last
 *            one (nodesEnd), in their form, stand-ins for targets that a wildcard covers (covered-targets.ts): no slot leads there
 *
 *   node     u8 name length · u8 labels · u16 NODE flags
 *            [u32 record number   where STEERED]
 *            [u32 node            where WILDCARD: the child `*`]
 *            owner name, uncompressed, lower case · padding to 4
 *            RRsets, the last one marked LAST; none where EMPTY
 *   RRset    u16 count | SET flags · u16 octets of the RRs
 *            [u32 node for each RR where TARGETS: what the RR's target names, a stand-in perhaps, 0: not in this zone]
 *            RRs: C0 0C · type · class · TTL · RDLENGTH · RDATA, names uncompressed · padding to 4
 *
 * A node and its small RRsets share a cache line or two, so a hit costs a slot and a node. For `n1234567.example.com. A` a name
 * costs 48 octets and its slots.
 */

/** Indices of the header's words. */
export const HEADER = {
  magic: 0,
  slotsAt: 1,
  slotMask: 2,
  offsetBits: 3,
  apex: 4,
  nodesEnd: 5,
  soa: 6,
  serial: 7,
  negativeTtl: 8,
  nodes: 9,
  records: 10,
} as const

export const HEADER_WORDS = 16
export const MAGIC = 0x4d5a4931

export const NODE = {
  /** NS below the apex: the names at and below it belong to another zone. */
  cut: 1,
  dname: 2,
  /** Below a cut or a DNAME: its records are glue, or hidden. */
  below: 4,
  cname: 8,
  steered: 16,
  /** It has a child `*`. */
  wildcard: 32,
  empty: 64,
} as const

export const SET = {
  count: 0x1fff,
  targets: 0x2000,
  plain: 0x4000,
  last: 0x8000,
} as const

/** An RRset must fit into a message (RFC 1035 4.2.2), whose length is 16 bits, beside header and question. */
export const MOST_SET_OCTETS = 65_535 - 12 - 259

/** Fixed part of a resource record: pointer, type, class, TTL, RDLENGTH. */
export const RR_HEAD = 12

/** Rounds up to a multiple of four. */
export function aligned(octets: number): number {
  return (octets + 3) & ~3
}
