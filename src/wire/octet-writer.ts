/**
 * Appends octets in network order to a buffer that grows. The rdata of records and whole messages are built with it.
 */
import type { RdataWriter } from './rdata.ts'

export class OctetWriter implements RdataWriter {
  /** the octets so far are buffer[0 .. length); replaced when it grows */
  buffer: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity)
  }

  /** Makes room for `octets` more. */
  reserve(octets: number): void {
    if (this.length + octets <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + octets))
    grown.set(this.buffer.subarray(0, this.length))
    this.buffer = grown
  }

  uint8(value: number): void {
    this.reserve(1)
    this.buffer[this.length++] = value
  }

  uint16(value: number): void {
    this.reserve(2)
    this.buffer[this.length++] = value >>> 8
    this.buffer[this.length++] = value
  }

  uint32(value: number): void {
    this.uint16(value >>> 16)
    this.uint16(value & 0xffff)
  }

  /** 48 bits: TSIG's times */
  uint48(value: number): void {
    this.uint16(Math.floor(value / 4294967296) & 0xffff)
    this.uint32(value >>> 0)
  }

  bytes(octets: Uint8Array): void {
    this.reserve(octets.length)
    this.buffer.set(octets, this.length)
    this.length += octets.length
  }

  text(octets: Uint8Array): void {
    this.uint8(octets.length)
    this.bytes(octets)
  }

  /** Overwrites two octets that were written before. */
  putUint16(at: number, value: number): void {
    this.buffer[at] = value >>> 8
    this.buffer[at + 1] = value
  }

  /** Forgets everything; keeps the buffer. */
  clear(): void {
    this.length = 0
  }

  /** @returns what was written, as a view that the next write may change */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** @returns a copy of what was written */
  octets(): Uint8Array {
    return this.buffer.slice(0, this.length)
  }
}
