/**
 * Characters <-> octets, by hand because the pure rooms have no platform: UTF-8, character-strings with escapes
 * (RFC 1035 5.1), base64 (RFC 4648 4), base32hex (RFC 4648 7) and hex.
 */

/** Encodes as UTF-8; a lone surrogate becomes U+FFFD. */
export function textOctets(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 3)
  let length = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    if (code < 0x80) octets[length++] = code
    else if (code < 0x800) {
      octets[length++] = 0xc0 | (code >> 6)
      octets[length++] = 0x80 | (code & 63)
    } else {
      if (code < 0x10000) octets[length++] = 0xe0 | (code >> 12)
      else {
        octets[length++] = 0xf0 | (code >> 18)
        octets[length++] = 0x80 | ((code >> 12) & 63)
      }
      octets[length++] = 0x80 | ((code >> 6) & 63)
      octets[length++] = 0x80 | (code & 63)
    }
  }
  return octets.slice(0, length)
}

/**
 * Reads the escape at octets[at] (a backslash): \X, or \DDD with a decimal value up to 255 (RFC 1035 5.1).
 * @returns the octet in the low 8 bits, the octets to skip past the backslash above them; -1: no escape
 */
export function readEscape(octets: Uint8Array, at: number): number {
  const first = octets[at + 1]
  if (first === undefined) return -1
  if (!isDigit(first)) return (1 << 8) | first
  const second = octets[at + 2]
  const third = octets[at + 3]
  if (second === undefined || third === undefined || !isDigit(second) || !isDigit(third)) return -1
  const value = (first - 48) * 100 + (second - 48) * 10 + (third - 48)
  return value > 255 ? -1 : (3 << 8) | value
}

function isDigit(octet: number): boolean {
  return octet >= 48 && octet <= 57
}

/** Resolves the escapes of a character-string; of any length. @returns octets, or undefined: a bad escape */
export function parseText(text: string): Uint8Array | undefined {
  const octets = textOctets(text)
  if (!octets.includes(0x5c)) return octets
  const resolved = new Uint8Array(octets.length)
  let length = 0
  for (let i = 0; i < octets.length; i++) {
    let octet = octets[i]!
    if (octet === 0x5c) {
      const escaped = readEscape(octets, i)
      if (escaped < 0) return undefined
      octet = escaped & 255
      i += escaped >> 8
    }
    resolved[length++] = octet
  }
  return resolved.slice(0, length)
}

/** Prints octets as a quoted character-string: \" and \\ escaped, what is not printable ASCII as \DDD. */
export function printText(octets: Uint8Array): string {
  let text = '"'
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`
    else if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`
    else text += String.fromCharCode(octet)
  }
  return `${text}"`
}

/** Octets as characters, where they are known to be ASCII. */
export function asciiText(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

/** Hex digits, either case, an even number. @returns undefined: not hex */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  const octets = new Uint8Array(text.length / 2)
  for (let i = 0; i < octets.length; i++) octets[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return octets
}

export function printHex(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += octet.toString(16).padStart(2, '0').toUpperCase()
  return text
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** Base64 with padding, blanks already gone. @returns undefined: not base64 */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return parseDigits(text.replace(/=+$/, ''), BASE64, 6)
}

export function printBase64(octets: Uint8Array): string {
  const text = printDigits(octets, BASE64, 6)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** Base32 with the extended hex alphabet and without padding, either case (RFC 5155 3.3). @returns undefined: not that */
export function parseBase32hex(text: string): Uint8Array | undefined {
  return /^[0-9A-Va-v]*$/.test(text) ? parseDigits(text.toUpperCase(), BASE32HEX, 5) : undefined
}

export function printBase32hex(octets: Uint8Array): string {
  return printDigits(octets, BASE32HEX, 5)
}

/** Reads digits of `bits` bits each, high bits first; left-over bits must be zero and fewer than a digit. */
function parseDigits(text: string, alphabet: string, bits: number): Uint8Array | undefined {
  const octets = new Uint8Array(Math.floor((text.length * bits) / 8))
  let length = 0
  let held = 0
  let heldBits = 0
  for (let i = 0; i < text.length; i++) {
    held = (held << bits) | alphabet.indexOf(text[i]!)
    heldBits += bits
    if (heldBits >= 8) {
      heldBits -= 8
      octets[length++] = (held >> heldBits) & 255
      held &= (1 << heldBits) - 1
    }
  }
  return heldBits < bits && held === 0 ? octets : undefined
}

function printDigits(octets: Uint8Array, alphabet: string, bits: number): string {
  let text = ''
  let held = 0
  let heldBits = 0
  const mask = (1 << bits) - 1
  for (const octet of octets) {
    held = (held << 8) | octet
    heldBits += 8
    while (heldBits >= bits) {
      heldBits -= bits
      text += alphabet[(held >> heldBits) & mask]!
    }
    held &= (1 << heldBits) - 1
  }
  return heldBits > 0 ? text + alphabet[(held << (bits - heldBits)) & mask]! : text
}
