/**
 * The SOA record of a negative answer (RFC 2308 3), ready-made for each zone: a flood of random names is the usual attack, so
 * saying no must cost no more than saying yes.
 *
 * The zone's name stands in the question; where the record repeats it, a pointer is left open:
 *
 *     C0 ?? | SOA IN negative TTL | RDLENGTH | ns1 C0 ?? | hostmaster C0 ?? | serial refresh retry expire minimum
 */
import { lowerOctet, nameOctets, TYPE } from '../wire/index.ts'
import type { ZoneImage } from '../zone/index.ts'
import type { ResponseWriter } from './writer.ts'

/** Owner pointer, type, class, TTL, RDLENGTH. */
const FIXED_OCTETS = 12
const SOA_NUMBERS_OCTETS = 20

export class NegativeSoa {
  readonly #record: DataView
  /** the record, zeros behind it to the end of its last word */
  readonly words: Int32Array
  readonly octets: number
  /** where the pointers' second octets stand */
  readonly pointers: Uint8Array

  constructor(image: ZoneImage) {
    const { octets } = image
    const from = image.rrAt(image.soa) + FIXED_OCTETS
    const apex = nameAt(octets, image.ownerAt(image.apex))
    const mname = nameAt(octets, from)
    const rname = nameAt(octets, from + mname.length)
    const numbers = octets.subarray(
      from + mname.length + rname.length,
      from + mname.length + rname.length + SOA_NUMBERS_OCTETS,
    )
    const built: number[] = [0xc0, 0, 0, TYPE.SOA, 0, 1, ...uint32(image.negativeTtl), 0, 0]
    const pointers = [1]
    for (const name of [mname, rname]) {
      const cut = suffixAt(name, apex)
      built.push(...name.subarray(0, cut < 0 ? name.length : cut))
      if (cut >= 0) pointers.push(built.push(0xc0, 0) - 1)
    }
    built.push(...numbers)
    const rdlength = built.length - FIXED_OCTETS
    built[FIXED_OCTETS - 2] = rdlength >> 8
    built[FIXED_OCTETS - 1] = rdlength & 255
    this.octets = built.length
    this.words = new Int32Array((built.length + 3) >> 2)
    new Uint8Array(this.words.buffer).set(built)
    this.#record = new DataView(this.words.buffer)
    this.pointers = Uint8Array.from(pointers)
  }

  /**
   * Writes the record.
   * @param apexOffset where the zone's name stands in the message, below 256: in the question it always is
   */
  write(out: ResponseWriter, apexOffset: number, serial: number): void {
    const start = out.at
    out.copy(this.#record, 0, this.octets)
    if (out.overflow) return
    out.patch32(out.at - SOA_NUMBERS_OCTETS, serial)
    const { pointers } = this
    for (let i = 0; i < pointers.length; i++) out.octets[start + pointers[i]!] = apexOffset
  }
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}

function nameAt(octets: Uint8Array, at: number): Uint8Array {
  return octets.subarray(at, at + nameOctets(octets, at))
}

/** @returns where `name` ends in `apex`, at the start of a label and without case; -1: it does not */
function suffixAt(name: Uint8Array, apex: Uint8Array): number {
  // The root is a suffix of everything, and shorter than a pointer to it.
  if (apex.length === 1) return -1
  let at = 0
  while (name.length - at > apex.length) at += name[at]! + 1
  return name.length - at === apex.length && apex.every((octet, i) => lowerOctet(octet) === lowerOctet(name[at + i]!))
    ? at
    : -1
}
