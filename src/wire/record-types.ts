/**
 * Every record type this server gives a form of its own, and what one does with rdata of any type. Types without a file here,
 * and rdata that is not sound for its type, keep the form that suits all (RFC 3597 5):
 *
 *     \# 4 C0000201         length in octets, then hex
 */
import type { OctetWriter } from './octet-writer.ts'
import type { RdataWriter, RecordType } from './rdata.ts'
import { parseHex, printHex } from './text.ts'
import { FieldProblem, type RdataProblem, TokenFields } from './token-fields.ts'
import * as types from './types/index.ts'

const BY_CODE: ReadonlyMap<number, RecordType> = new Map(Object.values(types).map((type) => [type.code, type]))

/** Rdata is at most what its length field can say, less a header: what never fits a message is refused when it is read. */
export const MAX_RDATA_OCTETS = 65535

/** @returns the type's form, or undefined: treat it as RFC 3597 says */
export function recordType(code: number): RecordType | undefined {
  return BY_CODE.get(code)
}

export function recordTypes(): Iterable<RecordType> {
  return BY_CODE.values()
}

/**
 * Reads the rdata of one record from the tokens of a master file and appends its wire form to `out`.
 * @param tokens  the fields after the type, quotes and parentheses gone, escapes not (see rdata.ts)
 * @param origin  completes relative names
 * @returns undefined: done; otherwise what is wrong, and `out` holds nothing new
 */
export function parseRdata(
  code: number,
  tokens: readonly string[],
  origin: Uint8Array,
  out: OctetWriter,
): RdataProblem | undefined {
  const start = out.length
  const fields = new TokenFields(tokens, origin)
  try {
    const type = BY_CODE.get(code)
    if (tokens[0] === '\\#') readUnknown(fields, type, out)
    else if (type === undefined)
      fields.fail(`this type has no text form of its own here.`, 'Write it as \\# LENGTH HEX (RFC 3597).')
    else type.parse(fields, out)
    fields.end()
    if (out.length - start > MAX_RDATA_OCTETS)
      fields.fail(`the data of the record have ${out.length - start} octets; ${MAX_RDATA_OCTETS} are the most.`)
    return undefined
  } catch (problem) {
    if (!(problem instanceof FieldProblem)) throw problem
    out.length = start
    return { field: problem.field, message: problem.message, advice: problem.advice }
  }
}

/** Reads `\# LENGTH HEX`; allowed for known types too, whose rdata must then be sound (RFC 3597 5). */
function readUnknown(fields: TokenFields, type: RecordType | undefined, out: RdataWriter): void {
  fields.field('\\#')
  const length = fields.integer('length', 0, MAX_RDATA_OCTETS)
  const octets = fields.more() ? parseHex(fields.rest('data')) : new Uint8Array(0)
  if (octets === undefined) fields.fail('the data after \\# must be an even number of hex digits.')
  if (octets.length !== length)
    fields.fail(`the data have ${octets.length} octets, but ${length} are announced after \\#.`)
  if (type !== undefined && !type.check(octets))
    fields.fail(`these octets are not the data of a ${type.mnemonic} record.`)
  out.bytes(octets)
}

/** Prints rdata (uncompressed) in presentation form; in the form for unknown types where it has no other. */
export function printRdata(code: number, rdata: Uint8Array): string {
  const type = BY_CODE.get(code)
  if (type?.check(rdata)) return type.print(rdata)
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${printHex(rdata)}`
}

/** @returns true where rdata (uncompressed) is sound for its type; of unknown types everything is */
export function checkRdata(code: number, rdata: Uint8Array): boolean {
  return rdata.length <= MAX_RDATA_OCTETS && (BY_CODE.get(code)?.check(rdata) ?? true)
}

/**
 * Copies rdata out of a message, its names uncompressed.
 * @returns undefined: not sound for its type
 */
export function readRdata(code: number, message: Uint8Array, from: number, end: number): Uint8Array | undefined {
  const type = BY_CODE.get(code)
  const rdata = type?.expand === undefined ? message.slice(from, end) : type.expand(message, from, end)
  return rdata !== undefined && checkRdata(code, rdata) ? rdata : undefined
}
