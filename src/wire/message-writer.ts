/**
 * Writes messages with compressed names into one buffer that is used again and again: a transfer of a large zone is a row of them.
 *
 * Every suffix that was written, and starts below 2^14, is remembered in a small hash table of offsets; a name is written up to
 * the first suffix that stands in the message already, octet for octet (so that case survives). Names in rdata are compressed for
 * the types of RFC 1035 only (RFC 3597 4).
 */
import type { Question, ResourceRecord } from './message.ts'
import { OctetWriter } from './octet-writer.ts'
import { recordType } from './record-types.ts'

export type Section = 'answer' | 'authority' | 'additional'

const COUNT_AT: Readonly<Record<Section, number>> = { answer: 6, authority: 8, additional: 10 }
export const MAX_MESSAGE_OCTETS = 65535
const SLOTS = 4096
/** A quarter stays free: probe runs stay short, and a search ends. */
const MAX_REMEMBERED = SLOTS * 0.75
/** RFC 1035 4.1.4: a pointer has 14 bits. */
const MAX_POINTER = 0x3fff

export class MessageWriter {
  private readonly out = new OctetWriter(4096)
  private readonly slots = new Uint16Array(SLOTS)
  private readonly limit: number
  private filled = 0
  /** slots that the record being written took: given back if it does not fit */
  private readonly taken: number[] = []
  /** slots and offsets of the name being written */
  private readonly pending: number[] = []

  /** @param limit  most octets of a message */
  constructor(limit = MAX_MESSAGE_OCTETS) {
    this.limit = limit
  }

  get length(): number {
    return this.out.length
  }

  /** Starts a new message. */
  begin(id: number, flags: number): void {
    this.out.clear()
    this.slots.fill(0)
    this.filled = 0
    this.out.uint16(id)
    this.out.uint16(flags)
    this.out.uint32(0)
    this.out.uint32(0)
  }

  /** @returns false: it does not fit, and nothing was written */
  question(question: Question): boolean {
    return this.attempt(4, () => {
      this.name(question.name)
      this.out.uint16(question.type)
      this.out.uint16(question.class)
    })
  }

  /**
   * Appends a record; sections in their order.
   * @returns false: it does not fit, and nothing was written
   */
  record(section: Section, record: ResourceRecord): boolean {
    return this.attempt(COUNT_AT[section], () => {
      this.name(record.name)
      this.out.uint16(record.type)
      this.out.uint16(record.class)
      this.out.uint32(record.ttl)
      const lengthAt = this.out.length
      this.out.uint16(0)
      this.rdata(record)
      this.out.putUint16(lengthAt, this.out.length - lengthAt - 2)
    })
  }

  /** Overwrites the flags word of the message. */
  setFlags(flags: number): void {
    this.out.putUint16(2, flags)
  }

  /** @returns a copy of the message */
  octets(): Uint8Array {
    return this.out.octets()
  }

  private attempt(countAt: number, write: () => void): boolean {
    const { out, taken } = this
    const start = out.length
    const count = (out.buffer[countAt]! << 8) | out.buffer[countAt + 1]!
    taken.length = 0
    write()
    if (out.length > this.limit || count === 65535) {
      for (const slot of taken) this.slots[slot] = 0
      this.filled -= taken.length
      out.length = start
      return false
    }
    out.putUint16(countAt, count + 1)
    return true
  }

  private rdata({ type, rdata }: ResourceRecord): void {
    let at = 0
    for (const name of rdata.length > 0 ? (recordType(type)?.names?.(rdata) ?? []) : []) {
      if (!name.compressible) continue
      this.out.bytes(rdata.subarray(at, name.at))
      at = name.at
      while (rdata[at] !== 0) at += rdata[at]! + 1
      this.name(rdata.subarray(name.at, ++at))
    }
    this.out.bytes(at === 0 ? rdata : rdata.subarray(at))
  }

  private name(name: Uint8Array): void {
    const { out, pending } = this
    pending.length = 0
    let at = 0
    let known = 0
    for (; name[at] !== 0; at += name[at]! + 1) {
      const slot = this.find(name, at)
      known = this.slots[slot]!
      if (known !== 0) break
      if (out.length <= MAX_POINTER) pending.push(slot, out.length)
      out.bytes(name.subarray(at, at + 1 + name[at]!))
    }
    if (known !== 0) out.uint16(0xc000 | known)
    else out.uint8(0)
    this.remember()
  }

  /** Only now: a name that is half written must not be found by its own suffixes. Where two of them share a slot the longer one goes. */
  private remember(): void {
    const { pending, slots } = this
    for (let i = 0; i < pending.length && this.filled < MAX_REMEMBERED; i += 2) {
      const slot = pending[i]!
      if (slots[slot] === 0) {
        this.taken.push(slot)
        this.filled++
      }
      slots[slot] = pending[i + 1]!
    }
  }

  /** @returns the slot of the suffix of `name` that starts at `at`: filled where it is known, else free to take */
  private find(name: Uint8Array, at: number): number {
    let hash = 0x811c9dc5
    for (let i = at; i < name.length; i++) hash = Math.imul(hash ^ name[i]!, 0x01000193)
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    for (;;) {
      const known = this.slots[slot]!
      if (known === 0 || this.matches(known, name, at)) return slot
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  private matches(offset: number, name: Uint8Array, at: number): boolean {
    const { buffer } = this.out
    let i = offset
    let j = at
    for (;;) {
      while (buffer[i]! >= 0xc0) i = ((buffer[i]! & 0x3f) << 8) | buffer[i + 1]!
      const octets = name[j]!
      for (let k = 0; k <= octets; k++) if (buffer[i + k] !== name[j + k]) return false
      if (octets === 0) return true
      i += octets + 1
      j += octets + 1
    }
  }
}
