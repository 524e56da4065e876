/**
 * The records of a zone that is being built, in wire form one behind the other, in typed arrays. A record is begun, its rdata
 * written through the RdataWriter that the log is, and closed or cancelled.
 */
import { assert } from '../base/index.ts'
import type { RdataWriter } from '../wire/index.ts'
import { grown } from './grown.ts'
import { RR_HEAD } from './image-layout.ts'

/** A record's rdata is at most this long (RFC 1035 3.2.1: RDLENGTH has 16 bits). */
const MOST_RDATA = 65_535

export class RecordLog implements RdataWriter {
  /** resource records as the image holds them, each at a multiple of four and with zeros up to the next one */
  log: Uint8Array<ArrayBuffer>
  #logView: DataView
  logEnd = 0
  records = 0
  recordAt: Int32Array<ArrayBuffer>
  recordNext: Int32Array<ArrayBuffer>
  /** what the parser wants to remember of each record: where it stands in its file */
  recordMark: Int32Array<ArrayBuffer>

  /** @param expected about how many records will come */
  constructor(expected: number) {
    this.log = new Uint8Array(expected * 20)
    this.#logView = new DataView(this.log.buffer)
    this.recordAt = new Int32Array(expected)
    this.recordNext = new Int32Array(expected)
    this.recordMark = new Int32Array(expected)
  }

  /** Begins a record of class IN; its rdata follows through the writer's verbs. @param mark see recordMark */
  begin(type: number, ttl: number, mark: number): void {
    const at = this.logEnd
    if (at + 64 > this.log.length) this.#growLog(64)
    if (this.records === this.recordAt.length) this.#growRecords()
    const view = this.#logView
    view.setInt32(at, 0xc00c0000 | type)
    view.setInt32(at + 4, 0x00010000 | (ttl >>> 16))
    view.setInt16(at + 8, ttl)
    this.recordAt[this.records] = at
    this.recordMark[this.records] = mark
    this.logEnd = at + RR_HEAD
  }

  /** Ends the record. @returns its number; -1: its rdata is longer than a record's may be, it is dropped */
  protected close(): number {
    const record = this.records
    const at = this.recordAt[record]!
    const length = this.logEnd - at - RR_HEAD
    if (length > MOST_RDATA) {
      this.cancel()
      return -1
    }
    this.#logView.setUint16(at + 10, length)
    while ((this.logEnd & 3) !== 0) this.uint8(0)
    this.recordNext[record] = -1
    this.records++
    return record
  }

  /** Drops the record begun. */
  cancel(): void {
    this.logEnd = this.recordAt[this.records]!
  }

  uint8(value: number): void {
    if (this.logEnd === this.log.length) this.#growLog(1)
    this.log[this.logEnd++] = value
  }

  uint16(value: number): void {
    if (this.logEnd + 2 > this.log.length) this.#growLog(2)
    this.#logView.setInt16(this.logEnd, value)
    this.logEnd += 2
  }

  uint32(value: number): void {
    if (this.logEnd + 4 > this.log.length) this.#growLog(4)
    this.#logView.setInt32(this.logEnd, value)
    this.logEnd += 4
  }

  bytes(octets: Uint8Array): void {
    if (this.logEnd + octets.length > this.log.length) this.#growLog(octets.length)
    this.log.set(octets, this.logEnd)
    this.logEnd += octets.length
  }

  text(octets: Uint8Array): void {
    assert(octets.length <= 255, 'a character-string has at most 255 octets')
    this.uint8(octets.length)
    this.bytes(octets)
  }

  typeOf(record: number): number {
    const at = this.recordAt[record]!
    return (this.log[at + 2]! << 8) | this.log[at + 3]!
  }

  ttlOf(record: number): number {
    const at = this.recordAt[record]!
    const { log } = this
    return ((log[at + 6]! << 24) | (log[at + 7]! << 16) | (log[at + 8]! << 8) | log[at + 9]!) >>> 0
  }

  /** @returns the record's rdata, a view; valid until the next record begins */
  rdataOf(record: number): Uint8Array {
    const at = this.recordAt[record]!
    return this.log.subarray(at + RR_HEAD, at + RR_HEAD + this.rdlengthOf(record))
  }

  rdlengthOf(record: number): number {
    const at = this.recordAt[record]!
    return (this.log[at + 10]! << 8) | this.log[at + 11]!
  }

  /** Writes another TTL into a record. */
  setTtl(record: number, ttl: number): void {
    const at = this.recordAt[record]!
    this.log[at + 6] = ttl >>> 24
    this.log[at + 7] = ttl >>> 16
    this.log[at + 8] = ttl >>> 8
    this.log[at + 9] = ttl
  }

  #growLog(room: number): void {
    this.log = grown(this.log, this.logEnd + room)
    this.#logView = new DataView(this.log.buffer)
  }

  #growRecords(): void {
    const room = this.records + 1
    this.recordAt = grown(this.recordAt, room)
    this.recordNext = grown(this.recordNext, room)
    this.recordMark = grown(this.recordMark, room)
  }
}
