/**
 * What a record type is to the rest of the house. One type, one file (src/wire/types/): its figure, its text form, its wire form.
 *
 * Master files hand the rdata fields over as tokens that were already lexed (RFC 1035 5.1): quotes and parentheses are gone,
 * escapes are not (a \. in a name must stay apart from a dot). key="a value" (RFC 9460 2.1) is one field, its quotes gone: key=a value.
 */

/** The fields of one record's rdata in a master file, in order. A parser takes them and complains through `fail`. */
export interface FieldReader {
  /** The next field as it stands, escapes unresolved; fails where there is none. */
  field(what: string): string
  /** A decimal integer between the bounds. */
  integer(what: string, min: number, max: number): number
  /** A domain name made absolute by the current origin, as uncompressed wire form, case kept. */
  name(what: string): Uint8Array
  /** A character-string, escapes resolved, at most 255 octets (quoted or not). */
  text(what: string): Uint8Array
  /** True while fields are left. */
  more(): boolean
  /** All the remaining fields joined without blanks: base64 and hex as master files break them. */
  rest(what: string): string
  /** Ends parsing of this record with an issue at the field last read. */
  fail(message: string, advice?: string): never
}

/** Appends rdata in wire form; grows as needed. */
export interface RdataWriter {
  uint8(value: number): void
  uint16(value: number): void
  uint32(value: number): void
  bytes(octets: Uint8Array): void
  /** a character-string: length octet and octets */
  text(octets: Uint8Array): void
}

export interface RecordType {
  readonly code: number
  readonly mnemonic: string
  /** Reads the text form and writes the wire form (names uncompressed). */
  parse(fields: FieldReader, out: RdataWriter): void
  /** Prints rdata (uncompressed wire form, already checked by `check`) in presentation form. */
  print(rdata: Uint8Array): string
  /** @returns true where the rdata is well-formed for the type: exact length, names whole, no pointers */
  check(rdata: Uint8Array): boolean
  /**
   * Where domain names stand in the rdata, as offsets, for compression (only RFC 1035's own types, RFC 3597 4), for
   * additional data and for checks. Empty or absent: none.
   */
  names?(rdata: Uint8Array): readonly { readonly at: number; readonly compressible: boolean }[]
  /** The owner names whose addresses go to the additional section: offset of the name in the rdata, or -1. */
  additional?(rdata: Uint8Array): number
  /**
   * Copies the rdata at message[from .. end) with its names uncompressed. Absent: the type has no names that anyone compresses.
   * @returns undefined: malformed
   */
  expand?(message: Uint8Array, from: number, end: number): Uint8Array | undefined
}
