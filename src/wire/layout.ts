/**
 * Rdata as a row of fields. Most record types are nothing else, so their files draw the figure, name the fields, and text
 * form, wire form, check and name positions follow from it. fields.ts has the kinds of fields.
 */
import { readName } from './name.ts'
import { OctetWriter } from './octet-writer.ts'
import type { FieldReader, RdataWriter, RecordType } from './rdata.ts'

/** One kind of field: its text form and its wire form. */
export interface Field {
  /** Reads the text form and writes the wire form. */
  parse(fields: FieldReader, out: RdataWriter): void
  /** Prints the field that stands at rdata[at .. past). */
  print(rdata: Uint8Array, at: number, past: number): string
  /** @returns offset just past the field, at most `end`; -1: it is cut short or malformed */
  skip(octets: Uint8Array, at: number, end: number): number
  /** for a domain name: whether writers may compress it (RFC 3597 4); undefined: not a name */
  readonly compressible?: boolean
}

export interface LayoutOptions {
  /** index of the field whose name's addresses go to the additional section */
  readonly additional?: number
  /** what else must hold once all fields are whole */
  readonly valid?: (rdata: Uint8Array) => boolean
  /** said of a record whose text parsed field by field, where `valid` then refuses it */
  readonly problem?: string
}

/** Makes a record type from its fields. */
export function layout(
  code: number,
  mnemonic: string,
  fields: readonly Field[],
  options: LayoutOptions = {},
): RecordType {
  const named = fields.some((field) => field.compressible !== undefined)
  const { additional, valid } = options

  /** @returns the offset of each field and, last, the end; undefined: malformed */
  const offsets = (rdata: Uint8Array): number[] | undefined => {
    const at = [0]
    for (let i = 0; i < fields.length; i++) {
      const past = fields[i]!.skip(rdata, at[i]!, rdata.length)
      if (past < 0) return undefined
      at.push(past)
    }
    return at[fields.length] === rdata.length ? at : undefined
  }

  return {
    code,
    mnemonic,
    parse(reader, out) {
      if (valid === undefined) {
        for (const field of fields) field.parse(reader, out)
        return
      }
      const own = new OctetWriter(64)
      for (const field of fields) field.parse(reader, own)
      const rdata = own.octets()
      if (!valid(rdata)) reader.fail(options.problem ?? `these fields do not make a valid ${mnemonic} record.`)
      out.bytes(rdata)
    },
    print(rdata) {
      const at = offsets(rdata) ?? []
      const printed = fields.map((field, i) => field.print(rdata, at[i]!, at[i + 1]!))
      return printed.filter((text) => text !== '').join(' ')
    },
    check: (rdata) => offsets(rdata) !== undefined && (valid === undefined || valid(rdata)),
    ...(named && {
      names(rdata: Uint8Array) {
        const at = offsets(rdata)
        if (at === undefined) return []
        return fields.flatMap(({ compressible }, i) =>
          compressible === undefined ? [] : [{ at: at[i]!, compressible }],
        )
      },
      expand: (message: Uint8Array, from: number, end: number) => expandFields(fields, message, from, end),
    }),
    ...(additional !== undefined && { additional: (rdata: Uint8Array) => offsets(rdata)?.[additional] ?? -1 }),
  }
}

/** Copies rdata out of a message with its names uncompressed (RFC 1035 4.1.4, RFC 3597 4). */
function expandFields(
  fields: readonly Field[],
  message: Uint8Array,
  from: number,
  end: number,
): Uint8Array | undefined {
  const out = new OctetWriter(end - from + 64)
  let at = from
  for (const field of fields) {
    if (field.compressible !== undefined) {
      const read = readName(message, at, end)
      if (read === undefined) return undefined
      out.bytes(read.name)
      at = read.end
    } else {
      const past = field.skip(message, at, end)
      if (past < 0) return undefined
      out.bytes(message.subarray(at, past))
      at = past
    }
  }
  return at === end ? out.octets() : undefined
}
