/**
 * TSIG: messages signed with a shared secret (RFC 8945).
 *
 * What the MAC covers (RFC 8945 4.3): the MAC of the request, for a response; the message as it was without the record;
 * then the record's own fields. From the second message of a stream on: the MAC before, the messages since, the two times.
 */
import { BADSIG, CLASS, RCODE } from './codes.ts'
import { lowerName, parseName } from './name.ts'
import { OctetWriter } from './octet-writer.ts'
import { appendTsig, readTsig, type Signed, type Tsig, withoutTsig } from './tsig-record.ts'

/** The keyed hash is the caller's: this room has no cryptography of the platform. */
export type Hmac = (hash: HashName, key: Uint8Array, octets: Uint8Array) => Uint8Array
export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

interface Algorithm {
  readonly hash: HashName
  readonly hashOctets: number
  /** what a MAC under this name has: less than the hash for the truncated ones (RFC 8945 6) */
  readonly macOctets: number
}

const algorithm = (hash: HashName, hashOctets: number, macOctets = hashOctets): Algorithm => ({
  hash,
  hashOctets,
  macOctets,
})

/** RFC 8945 6, as text without the final dot. MD5 and SHA-1 verify what old peers send. */
export const TSIG_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  'hmac-sha256': algorithm('sha256', 32),
  'hmac-sha384': algorithm('sha384', 48),
  'hmac-sha512': algorithm('sha512', 64),
  'hmac-sha224': algorithm('sha224', 28),
  'hmac-sha1': algorithm('sha1', 20),
  'hmac-md5.sig-alg.reg.int': algorithm('md5', 16),
  'hmac-sha256-128': algorithm('sha256', 32, 16),
  'hmac-sha384-192': algorithm('sha384', 48, 24),
  'hmac-sha512-256': algorithm('sha512', 64, 32),
}

/** @returns the algorithm's full name, or undefined; hmac-md5 is short for its long name */
export function tsigAlgorithmOf(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  const full = name === 'hmac-md5' ? 'hmac-md5.sig-alg.reg.int' : name
  return Object.hasOwn(TSIG_ALGORITHMS, full) ? full : undefined
}

export interface TsigKey {
  /** wire form, lower case */
  readonly name: Uint8Array
  /** a key of TSIG_ALGORITHMS */
  readonly algorithm: string
  readonly secret: Uint8Array
}

/** How far the clocks of two servers may differ, seconds (RFC 8945 10 recommends 300). */
export const FUDGE_SECONDS = 300

/** What a MAC covers besides the message. */
export interface MacContext {
  /** a response: the MAC of the request; within a stream: the MAC before */
  readonly priorMac: Uint8Array | undefined
  /** within a stream, from the second signed message on */
  readonly timersOnly: boolean
}

export const FIRST: MacContext = { priorMac: undefined, timersOnly: false }

/** Computes the whole MAC (RFC 8945 4.3); the caller cuts it. */
export function computeMac(bare: Uint8Array, tsig: Signed, key: TsigKey, context: MacContext, hmac: Hmac): Uint8Array {
  const out = new OctetWriter(bare.length + 512)
  if (context.priorMac !== undefined) {
    out.uint16(context.priorMac.length)
    out.bytes(context.priorMac)
  }
  out.bytes(bare)
  if (!context.timersOnly) {
    out.bytes(lowerName(tsig.keyName))
    out.uint16(CLASS.ANY)
    out.uint32(0)
    out.bytes(lowerName(tsig.algorithmName))
  }
  out.uint48(tsig.timeSigned)
  out.uint16(tsig.fudge)
  if (!context.timersOnly) {
    out.uint16(tsig.error)
    out.uint16(tsig.other.length)
    out.bytes(tsig.other)
  }
  return hmac(TSIG_ALGORITHMS[key.algorithm]!.hash, key.secret, out.octets())
}

export type TsigVerdict =
  | { readonly kind: 'unsigned' }
  /** answer FORMERR */
  | { readonly kind: 'malformed' }
  /** answer NOTAUTH with this TSIG error (RFC 8945 5.2); `key` where the answer is to be signed (BADTIME, BADTRUNC) */
  | { readonly kind: 'bad'; readonly error: number; readonly tsig: Tsig; readonly key: TsigKey | undefined }
  | { readonly kind: 'good'; readonly tsig: Tsig; readonly key: TsigKey; readonly bare: Uint8Array }

/**
 * Verifies a message: key, MAC, time, then the length of the MAC, in this order (RFC 8945 5.2).
 * @param keyOf       finds a key by its name, wire form in lower case
 * @param nowSeconds  Unix time
 * @param unsignedBefore  messages of a stream that came unsigned since the last MAC, one after the other
 */
export function verifyTsig(
  message: Uint8Array,
  keyOf: (name: Uint8Array) => TsigKey | undefined,
  hmac: Hmac,
  nowSeconds: number,
  context: MacContext = FIRST,
  unsignedBefore: Uint8Array = new Uint8Array(0),
): TsigVerdict {
  const tsig = readTsig(message)
  if (tsig === undefined) return { kind: 'unsigned' }
  if (tsig === 'malformed') return { kind: 'malformed' }
  const key = keyOf(tsig.keyName)
  const bad = (error: number, signWith?: TsigKey): TsigVerdict => ({ kind: 'bad', error, tsig, key: signWith })
  const named = key === undefined ? undefined : parseName(`${key.algorithm}.`)
  if (key === undefined || !sameOctets(named!, tsig.algorithmName)) return bad(RCODE.BADKEY)
  const { hashOctets, macOctets } = TSIG_ALGORITHMS[key.algorithm]!
  const { mac } = tsig
  // RFC 8945 5.2.2.1: longer than the hash, or shorter than half of it or ten octets, is no MAC at all.
  if (mac.length > hashOctets || mac.length < Math.max(10, hashOctets >> 1)) {
    if (mac.length !== 0) return { kind: 'malformed' }
    // A server that refused our signature does not sign: what it says is all there is (RFC 8945 5.3.2).
    return bad(context.priorMac !== undefined && tsig.error !== 0 ? tsig.error : BADSIG)
  }
  const bare = withoutTsig(message, tsig)
  const covered = unsignedBefore.length === 0 ? bare : concatenated(unsignedBefore, bare)
  const computed = computeMac(covered, tsig, key, context, hmac).subarray(0, mac.length)
  if (!sameOctets(computed, mac)) return bad(BADSIG)
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge) return bad(RCODE.BADTIME, key)
  if (mac.length < macOctets) return bad(RCODE.BADTRUNC, key)
  return { kind: 'good', tsig, key, bare }
}

export interface SigningOptions {
  readonly context?: MacContext
  readonly error?: number
  readonly other?: Uint8Array
  readonly unsignedBefore?: Uint8Array
}

/**
 * Signs a message and appends the record.
 * @param bare  the whole message without TSIG; its ID is the one that is signed
 * @returns the message, and its MAC: what the response, or the next message of the stream, goes on from
 */
export function signMessage(
  bare: Uint8Array,
  key: TsigKey,
  hmac: Hmac,
  nowSeconds: number,
  options: SigningOptions = {},
): { readonly message: Uint8Array; readonly mac: Uint8Array } {
  const signed: Signed = {
    keyName: key.name,
    algorithmName: parseName(`${key.algorithm}.`)!,
    timeSigned: nowSeconds,
    fudge: FUDGE_SECONDS,
    error: options.error ?? 0,
    other: options.other ?? new Uint8Array(0),
  }
  const covered = options.unsignedBefore === undefined ? bare : concatenated(options.unsignedBefore, bare)
  const mac = computeMac(covered, signed, key, options.context ?? FIRST, hmac).slice(
    0,
    TSIG_ALGORITHMS[key.algorithm]!.macOctets,
  )
  return { message: appendTsig(bare, signed, mac), mac }
}

/**
 * Completes the answer to a request whose signature was bad (RFC 8945 5.3.2): BADKEY and BADSIG go out unsigned, with an empty
 * MAC; BADTIME is signed and carries our clock; BADTRUNC is signed.
 * @param bare  the response without TSIG, its rcode NOTAUTH
 */
export function signRefusal(
  bare: Uint8Array,
  verdict: Extract<TsigVerdict, { kind: 'bad' }>,
  hmac: Hmac,
  nowSeconds: number,
): Uint8Array {
  const { error, tsig, key } = verdict
  if (key === undefined) {
    const unsigned = { ...tsig, error, other: new Uint8Array(0) }
    return appendTsig(bare, unsigned, new Uint8Array(0))
  }
  const clock = new OctetWriter(6)
  clock.uint48(nowSeconds)
  const context = { priorMac: tsig.mac, timersOnly: false }
  if (error !== RCODE.BADTIME) return signMessage(bare, key, hmac, nowSeconds, { error, context }).message
  // RFC 8945 5.2.3: the time is the client's, so that it can verify; ours is in the other data.
  return signMessage(bare, key, hmac, tsig.timeSigned, { error, context, other: clock.octets() }).message
}

/** @returns the octets of a TSIG record with this key and no other data: name, ten fixed, algorithm, sixteen fixed, MAC */
export function tsigOctets(key: TsigKey): number {
  return key.name.length + 10 + key.algorithm.length + 2 + 16 + TSIG_ALGORITHMS[key.algorithm]!.macOctets
}

/** Compares without telling by its time where the difference is. */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new OctetWriter(parts.reduce((sum, part) => sum + part.length, 0))
  for (const part of parts) out.bytes(part)
  return out.octets()
}
