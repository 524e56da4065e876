/**
 * LOC: where on the Earth the owner is (RFC 1876 2, 3).
 *
 *     version 1 (0) | size 1 | horizontal 1 | vertical 1 | latitude 4 | longitude 4 | altitude 4
 *     42 21 54 N 71 06 18 W -24m 30m 10000m 10m
 *
 * Latitude and longitude are thousandths of a second of arc above or below 2^31; altitude is centimetres above -100,000 m;
 * size and precisions are a digit and a power of ten, in centimetres: 0x12 = 1 * 10^2.
 */
import { TYPE } from '../codes.ts'
import type { FieldReader, RdataWriter, RecordType } from '../rdata.ts'
import { printHex } from '../text.ts'

const OCTETS = 16
const SIZES_AT = [1, 2, 3]
const EQUATOR = 2 ** 31
const SEA_LEVEL_CM = 10_000_000
/** What the optional fields are when absent: 1 m, 10,000 m, 10 m (RFC 1876 3). */
const DEFAULT_SIZES = [0x12, 0x16, 0x13]
const SIZE_NAMES = ['size', 'horizontal precision', 'vertical precision']

export const LOC: RecordType = {
  code: TYPE.LOC,
  mnemonic: 'LOC',
  parse(fields, out) {
    const latitude = parseAngle(fields, 'latitude', 90, 'N', 'S')
    const longitude = parseAngle(fields, 'longitude', 180, 'E', 'W')
    const altitude = parseAltitude(fields)
    const sizes = DEFAULT_SIZES.map((size, i) => (fields.more() ? parseSize(fields, SIZE_NAMES[i]!) : size))
    writeAll(out, sizes, [latitude, longitude, altitude])
  },
  print(rdata) {
    // Zero with a power of ten has no text of its own that would bring the power back (RFC 3597 5 has).
    if (SIZES_AT.some((at) => rdata[at]! > 0 && rdata[at]! >> 4 === 0)) return `\\# ${OCTETS} ${printHex(rdata)}`
    const view = new DataView(rdata.buffer, rdata.byteOffset, OCTETS)
    return [
      printAngle(view.getUint32(4), 'N', 'S'),
      printAngle(view.getUint32(8), 'E', 'W'),
      printMetres(view.getUint32(12) - SEA_LEVEL_CM),
      ...SIZES_AT.map((at) => printMetres((rdata[at]! >> 4) * 10 ** (rdata[at]! & 15))),
    ].join(' ')
  },
  check(rdata) {
    if (rdata.length !== OCTETS || rdata[0] !== 0) return false
    if (SIZES_AT.some((at) => rdata[at]! >> 4 > 9 || (rdata[at]! & 15) > 9)) return false
    const view = new DataView(rdata.buffer, rdata.byteOffset, OCTETS)
    const within = (at: number, degrees: number) => Math.abs(view.getUint32(at) - EQUATOR) <= degrees * 3_600_000
    return within(4, 90) && within(8, 180)
  },
}

function writeAll(out: RdataWriter, sizes: readonly number[], values: readonly number[]): void {
  out.uint8(0)
  for (const size of sizes) out.uint8(size)
  for (const value of values) out.uint32(value)
}

/** Degrees, perhaps minutes, perhaps seconds with thousandths, and the hemisphere. */
function parseAngle(fields: FieldReader, what: string, most: number, plus: string, minus: string): number {
  const parts: string[] = []
  for (;;) {
    const token = fields.field(what)
    const hemisphere = token.toUpperCase()
    if (hemisphere === plus || hemisphere === minus) {
      const thousandths = parts.length === 0 ? undefined : angleThousandths(parts, most)
      if (thousandths === undefined)
        fields.fail(`the ${what} must be degrees up to ${most}, minutes and seconds, then ${plus} or ${minus}.`)
      return hemisphere === plus ? EQUATOR + thousandths! : EQUATOR - thousandths!
    }
    if (parts.length === 3) fields.fail(`the ${what} must end in ${plus} or ${minus}, not "${token}".`)
    parts.push(token)
  }
}

function angleThousandths(parts: readonly string[], most: number): number | undefined {
  const [degrees, minutes = '0', seconds = '0'] = parts
  if (!/^\d{1,3}$/.test(degrees!) || !/^\d{1,2}$/.test(minutes) || !/^\d{1,2}(\.\d{1,3})?$/.test(seconds))
    return undefined
  if (Number(minutes) > 59 || Number(seconds) >= 60) return undefined
  const total = Number(degrees) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1000)
  return total <= most * 3_600_000 ? total : undefined
}

function parseAltitude(fields: FieldReader): number {
  const token = fields.field('altitude')
  const metres = /^(-?\d{1,8}(?:\.\d{1,2})?)m?$/i.exec(token)?.[1]
  const centimetres = metres === undefined ? Number.NaN : Math.round(Number(metres) * 100) + SEA_LEVEL_CM
  if (!(centimetres >= 0 && centimetres <= 0xffffffff))
    fields.fail(`the altitude must be metres from -100000.00 to 42849672.95, not "${token}".`)
  return centimetres
}

/** Keeps the first digit: 1.5 km is stored as 1 km (RFC 1876 2). */
function parseSize(fields: FieldReader, what: string): number {
  const token = fields.field(what)
  const metres = /^(\d{1,8}(?:\.\d{1,2})?)m?$/i.exec(token)?.[1]
  const centimetres = metres === undefined ? Number.NaN : Math.round(Number(metres) * 100)
  if (!(centimetres <= 9e9)) fields.fail(`the ${what} must be metres from 0 to 90000000.00, not "${token}".`)
  const exponent = centimetres === 0 ? 0 : String(centimetres).length - 1
  return (Math.floor(centimetres / 10 ** exponent) << 4) | exponent
}

function printAngle(value: number, plus: string, minus: string): string {
  const thousandths = Math.abs(value - EQUATOR)
  const seconds = ((thousandths % 60_000) / 1000).toFixed(3)
  return `${Math.floor(thousandths / 3_600_000)} ${Math.floor(thousandths / 60_000) % 60} ${seconds} ${value >= EQUATOR ? plus : minus}`
}

function printMetres(centimetres: number): string {
  return `${(centimetres / 100).toFixed(2)}m`
}
