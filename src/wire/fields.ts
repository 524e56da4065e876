/**
 * The kinds of fields that rdata is made of: each knows its text form and its wire form (see layout.ts).
 */
import { parseIpv4, parseIpv6, printAddress } from '../base/index.ts'
import { mnemonic, typeOf } from './codes.ts'
import type { Field } from './layout.ts'
import { nameOctets, printName } from './name.ts'
import { asciiText, parseBase64, parseHex, parseText, printBase64, printHex, printText } from './text.ts'
import { parseTtl } from './ttl.ts'

/** A number of 8, 16 or 32 bits; `min` where zero is not allowed. */
export function number(what: string, bits: 8 | 16 | 32, min = 0): Field {
  const octets = bits / 8
  const max = 2 ** bits - 1
  return {
    parse: (fields, out) => writeNumber(out, bits, fields.integer(what, min, max)),
    print: (rdata, at) => String(readNumber(rdata, at, octets)),
    skip: (rdata, at, end) => (at + octets <= end && readNumber(rdata, at, octets) >= min ? at + octets : -1),
  }
}

/** A number that people may write as a word; printed as a number. */
export function code(what: string, bits: 8 | 16, words: Readonly<Record<string, number>>): Field {
  return {
    ...number(what, bits),
    parse(fields, out) {
      const token = fields.field(what)
      const word = words[token.toUpperCase()]
      const value = word ?? (/^\d{1,5}$/.test(token) ? Number(token) : -1)
      if (value < 0 || value >= 2 ** bits)
        fields.fail(
          `the ${what} must be a number from 0 to ${2 ** bits - 1} or one of ${Object.keys(words).join(', ')}, not "${token}".`,
        )
      writeNumber(out, bits, value)
    },
  }
}

/** 32 bits of seconds, in the text form also with units: 1h30m (BIND's, and everybody's since). */
export function seconds(what: string): Field {
  return {
    ...number(what, 32),
    parse(fields, out) {
      const token = fields.field(what)
      const value = parseTtl(token)
      if (value === undefined)
        fields.fail(`the ${what} must be seconds up to 4294967295, or like 1h30m, 2d; not "${token}".`)
      out.uint32(value ?? 0)
    },
  }
}

/** A domain name. Only the types of RFC 1035 may be compressed (RFC 3597 4). */
export function domain(what: string, compressible = false): Field {
  return {
    parse: (fields, out) => out.bytes(fields.name(what)),
    print: (rdata, at) => printName(rdata, at),
    skip(rdata, at, end) {
      const octets = nameOctets(rdata, at, end)
      return octets < 0 ? -1 : at + octets
    },
    compressible,
  }
}

/** A character-string: a length octet and up to 255 octets (RFC 1035 3.3). */
export function text(what: string): Field {
  return {
    parse: (fields, out) => out.text(fields.text(what)),
    print: (rdata, at, past) => printText(rdata.subarray(at + 1, past)),
    skip: skipText,
  }
}

/** RFC 1035 3.3: the length of a character-string has one octet. */
const MOST_TEXT = 255

/** One or more character-strings up to the end. What is too long for one becomes several, as PowerDNS, Knot DNS and gdnsd have it. */
export function texts(what: string): Field {
  return {
    parse(fields, out) {
      do {
        const octets = parseText(fields.field(what))
        if (octets === undefined)
          fields.fail(
            `the ${what} has a backslash that is followed neither by a character nor by three digits up to 255.`,
          )
        for (let at = 0; at === 0 || at < octets!.length; at += MOST_TEXT)
          out.text(octets!.subarray(at, at + MOST_TEXT))
      } while (fields.more())
    },
    print(rdata, at, past) {
      const printed: string[] = []
      for (let i = at; i < past; i += rdata[i]! + 1) printed.push(printText(rdata.subarray(i + 1, i + 1 + rdata[i]!)))
      return printed.join(' ')
    },
    skip(rdata, at, end) {
      let i = at
      do i = i < end ? skipText(rdata, i, end) : -1
      while (i >= 0 && i < end)
      return i
    },
  }
}

function skipText(rdata: Uint8Array, at: number, end: number): number {
  const past = at < end ? at + 1 + rdata[at]! : end + 1
  return past <= end ? past : -1
}

/** Text without a length octet that fills the rest; printed in quotes. */
export function longText(what: string): Field {
  return {
    parse(fields, out) {
      const octets = parseText(fields.field(what))
      if (octets === undefined) fields.fail(`the ${what} has a backslash that escapes nothing.`)
      out.bytes(octets!)
    },
    print: (rdata, at, past) => printText(rdata.subarray(at, past)),
    skip: (_rdata, at, end) => (at <= end ? end : -1),
  }
}

/** Letters and digits with a length octet, printed as they are: the tag of CAA. */
export function tag(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      if (!/^[A-Za-z0-9]{1,255}$/.test(token)) fields.fail(`the ${what} must be letters and digits, not "${token}".`)
      out.text(parseText(token)!)
    },
    print: (rdata, at, past) => asciiText(rdata.subarray(at + 1, past)),
    skip(rdata, at, end) {
      const past = skipText(rdata, at, end)
      return past > at + 1 && /^[A-Za-z0-9]+$/.test(asciiText(rdata.subarray(at + 1, past))) ? past : -1
    },
  }
}

export function ipv4(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      const octets = parseIpv4(token)
      if (octets === undefined) fields.fail(`the ${what} must be an IPv4 address like 192.0.2.1, not "${token}".`)
      out.bytes(octets!)
    },
    print: (rdata, at) => printAddress(rdata.subarray(at, at + 4)),
    skip: (_rdata, at, end) => (at + 4 <= end ? at + 4 : -1),
  }
}

export function ipv6(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      const octets = token.includes(':') ? parseIpv6(token) : undefined
      if (octets === undefined) fields.fail(`the ${what} must be an IPv6 address like 2001:db8::1, not "${token}".`)
      out.bytes(octets!)
    },
    print: (rdata, at) => printAddress(rdata.subarray(at, at + 16)),
    skip: (_rdata, at, end) => (at + 16 <= end ? at + 16 : -1),
  }
}

/** Base64 that fills the rest, in the text form over as many blanks as one likes. */
export function base64(what: string, minOctets = 1): Field {
  return {
    parse(fields, out) {
      const octets = fields.more() || minOctets > 0 ? parseBase64(fields.rest(what)) : new Uint8Array(0)
      if (octets === undefined || octets.length < minOctets) fields.fail(`the ${what} must be base64.`)
      out.bytes(octets!)
    },
    print: (rdata, at, past) => printBase64(rdata.subarray(at, past)),
    skip: (_rdata, at, end) => (at + minOctets <= end ? end : -1),
  }
}

/** Hex digits that fill the rest, in the text form over as many blanks as one likes. */
export function hex(what: string, minOctets = 1): Field {
  return {
    parse(fields, out) {
      const octets = fields.more() || minOctets > 0 ? parseHex(fields.rest(what)) : new Uint8Array(0)
      if (octets === undefined || octets.length < minOctets)
        fields.fail(`the ${what} must be an even number of hex digits.`)
      out.bytes(octets!)
    },
    print: (rdata, at, past) => printHex(rdata.subarray(at, past)),
    skip: (_rdata, at, end) => (at + minOctets <= end ? end : -1),
  }
}

/** A record type as 16 bits, in the text form as its mnemonic. */
export function typeField(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      const type = typeOf(token)
      if (type === undefined) fields.fail(`the ${what} must be a record type, not "${token}".`)
      out.uint16(type!)
    },
    print: (rdata, at) => mnemonic(readNumber(rdata, at, 2)),
    skip: (_rdata, at, end) => (at + 2 <= end ? at + 2 : -1),
  }
}

/** A hardware address: pairs of hex digits with hyphens between (RFC 7043 3.2, 4.2). */
export function eui(octets: 6 | 8): Field {
  const form = octets === 6 ? /^([0-9a-f]{2}-){5}[0-9a-f]{2}$/i : /^([0-9a-f]{2}-){7}[0-9a-f]{2}$/i
  return {
    parse(fields, out) {
      const token = fields.field('address')
      if (!form.test(token))
        fields.fail(`the address must be ${octets} pairs of hex digits like 00-00-5e-00-53-2a, not "${token}".`)
      out.bytes(parseHex(token.replaceAll('-', ''))!)
    },
    print: (rdata, at) =>
      printHex(rdata.subarray(at, at + octets))
        .toLowerCase()
        .match(/../g)!
        .join('-'),
    skip: (_rdata, at, end) => (at + octets <= end ? at + octets : -1),
  }
}

/** 64 bits as four groups of hex digits, none left out (RFC 6742 2.1.2). */
export function groups(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      if (!/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/i.test(token))
        fields.fail(`the ${what} must be four groups of hex digits, not "${token}".`)
      for (const group of token.split(':')) out.uint16(Number.parseInt(group, 16))
    },
    print: (rdata, at) => [0, 2, 4, 6].map((i) => readNumber(rdata, at + i, 2).toString(16)).join(':'),
    skip: (_rdata, at, end) => (at + 8 <= end ? at + 8 : -1),
  }
}

function readNumber(rdata: Uint8Array, at: number, octets: number): number {
  let value = 0
  for (let i = 0; i < octets; i++) value = value * 256 + rdata[at + i]!
  return value
}

function writeNumber(
  out: { uint8(v: number): void; uint16(v: number): void; uint32(v: number): void },
  bits: 8 | 16 | 32,
  value: number,
): void {
  if (bits === 8) out.uint8(value)
  else if (bits === 16) out.uint16(value)
  else out.uint32(value)
}
