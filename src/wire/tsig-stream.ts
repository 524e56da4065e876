/**
 * TSIG over the messages of a transfer (RFC 8945 5.3.1): each MAC starts from the one before, and the first from the request's.
 * We sign every message; a peer may leave up to 99 unsigned between two, but neither the first nor the last.
 */
import { OctetWriter } from './octet-writer.ts'
import { type Hmac, sameOctets, signMessage, type TsigKey, tsigOctets, verifyTsig } from './tsig.ts'

/** Signs the messages of one answer, in their order. */
export class TsigSigner {
  private readonly key: TsigKey
  private readonly hmac: Hmac
  private priorMac: Uint8Array
  private first = true

  constructor(key: TsigKey, hmac: Hmac, requestMac: Uint8Array) {
    this.key = key
    this.hmac = hmac
    this.priorMac = requestMac
  }

  /** how many octets a signature adds to each message */
  get overhead(): number {
    return tsigOctets(this.key)
  }

  sign(bare: Uint8Array, nowSeconds: number): Uint8Array {
    const context = { priorMac: this.priorMac, timersOnly: !this.first }
    const { message, mac } = signMessage(bare, this.key, this.hmac, nowSeconds, { context })
    this.priorMac = mac
    this.first = false
    return message
  }
}

/** RFC 8945 5.3.1: a server signs at least every hundredth message. */
const MAX_UNSIGNED = 99
/** 99 messages of full length: what a peer can make us hold before a MAC covers it. */
const MAX_UNSIGNED_OCTETS = MAX_UNSIGNED * 65535

/** Verifies the messages of one answer, in their order. */
export class TsigStreamVerifier {
  private readonly key: TsigKey
  private readonly hmac: Hmac
  private priorMac: Uint8Array
  private first = true
  private unsignedMessages = 0
  private readonly unsigned = new OctetWriter(0)

  constructor(key: TsigKey, hmac: Hmac, requestMac: Uint8Array) {
    this.key = key
    this.hmac = hmac
    this.priorMac = requestMac
  }

  /** @returns good: covered by a MAC; pending: to be covered by a later one; otherwise what is wrong */
  verify(
    message: Uint8Array,
    nowSeconds: number,
  ): 'good' | 'pending' | 'malformed' | 'unsigned' | { readonly error: number } {
    const context = { priorMac: this.priorMac, timersOnly: !this.first }
    const keyOf = (name: Uint8Array) => (sameOctets(name, this.key.name) ? this.key : undefined)
    const verdict = verifyTsig(message, keyOf, this.hmac, nowSeconds, context, this.unsigned.view())
    switch (verdict.kind) {
      case 'malformed':
        return 'malformed'
      case 'bad':
        return { error: verdict.error }
      case 'unsigned':
        if (this.first || ++this.unsignedMessages > MAX_UNSIGNED) return 'unsigned'
        if (this.unsigned.length + message.length > MAX_UNSIGNED_OCTETS) return 'unsigned'
        this.unsigned.bytes(message)
        return 'pending'
      case 'good':
        this.priorMac = verdict.tsig.mac
        this.first = false
        this.unsignedMessages = 0
        this.unsigned.clear()
        return verdict.tsig.error === 0 ? 'good' : { error: verdict.tsig.error }
    }
  }

  /** @returns true where the last message was covered by a MAC: only then is the whole answer to be trusted */
  get complete(): boolean {
    return !this.first && this.unsignedMessages === 0
  }
}
