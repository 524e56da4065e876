/**
 * The way back to who asked: responses get the request's ID, its question, an OPT record where it had one, and the signature that
 * belongs to the request's.
 */
import {
  decodeMessage,
  type Edns,
  encodeMessage,
  extendedErrorOption,
  FLAG,
  type Message,
  optRecord,
  RCODE,
  type ResourceRecord,
  refusal,
  type TsigSigner,
} from '../wire/index.ts'
import type { Request } from './ports.ts'

/** The most that goes out over UDP, whatever a client announces: what every path carries whole. */
const MAX_UDP_OCTETS = 1232

export interface Answer {
  readonly rcode: number
  readonly aa?: boolean
  readonly tc?: boolean
  readonly answers?: readonly ResourceRecord[]
  /** RFC 8914: INFO-CODE and text, told to clients that speak EDNS */
  readonly extendedError?: { readonly code: number; readonly text: string }
}

/** One request's way back. */
export class Reply {
  readonly request: Request
  private readonly signer: TsigSigner | undefined
  private readonly nowSeconds: () => number
  /** the request's EDNS; undefined: it has none */
  edns: Edns | undefined

  constructor(request: Request, signer: TsigSigner | undefined, nowSeconds: () => number) {
    this.request = request
    this.signer = signer
    this.nowSeconds = nowSeconds
  }

  /** Most octets of a message without its signature. */
  get room(): number {
    const whole =
      this.request.transport === 'udp' ? Math.min(MAX_UDP_OCTETS, Math.max(512, this.edns?.udpSize ?? 512)) : 65535
    return whole - (this.signer?.overhead ?? 0)
  }

  /** Sends a message as it is, signed where the request was. @returns false: the client is gone */
  send(bare: Uint8Array): Promise<boolean> {
    const message = this.signer === undefined ? bare : this.signer.sign(bare, this.nowSeconds())
    return this.request.send(message)
  }

  /** Answers a request that could be read. */
  answer(request: Message, answer: Answer): Promise<boolean> {
    const plain = refusal(request, answer.rcode)
    const message: Message = {
      ...plain,
      flags: plain.flags | (answer.aa === true ? FLAG.AA : 0) | (answer.tc === true ? FLAG.TC : 0),
      answers: answer.answers ?? [],
      additionals: this.opt(answer),
    }
    const whole = encodeMessage(message)
    if (whole !== undefined && whole.length <= this.room) return this.send(whole)
    return this.send(encodeMessage({ ...message, flags: message.flags | FLAG.TC, answers: [] })!)
  }

  /** The OPT record of the response, where the request had one. */
  opt({ rcode, extendedError }: Pick<Answer, 'rcode' | 'extendedError'>): ResourceRecord[] {
    if (this.edns === undefined) return []
    const options = extendedError === undefined ? [] : [extendedErrorOption(extendedError.code, extendedError.text)]
    return [optRecord({ udpSize: MAX_UDP_OCTETS, doBit: this.edns.doBit, extendedRcode: rcode >> 4, options })]
  }
}

/** Makes the refusal of octets that may be no sound message: the question is copied where it can be read. */
export function refuseOctets(message: Uint8Array, rcode: number): Uint8Array {
  const request = decodeMessage(message)
  const bare: Message =
    'problem' in request
      ? {
          id: (message[0]! << 8) | message[1]!,
          flags: (message[2]! << 8) | message[3]!,
          questions: [],
          answers: [],
          authorities: [],
          additionals: [],
        }
      : request
  return encodeMessage(refusal(bare, rcode))!
}

/** @returns FORMERR or BADVERS where the request's OPT asks for it (RFC 6891 6.1.1, 6.1.3), else NOERROR */
export function ednsProblem(edns: Edns | 'malformed' | undefined): number {
  if (edns === 'malformed') return RCODE.FORMERR
  return edns !== undefined && edns.version > 0 ? RCODE.BADVERS : RCODE.NOERROR
}
