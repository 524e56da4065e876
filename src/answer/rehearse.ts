/**
 * A question put to a responder of its own, as a client would put it over TCP: what explain says goes over the wire is what does.
 * Its counters are read by nobody.
 */
import {
  CLASS,
  clientSubnetOption,
  decodeMessage,
  encodeMessage,
  mnemonic,
  optRecord,
  printRdata,
  RCODE,
  rcodeOf,
} from '../wire/index.ts'
import type { Publisher } from './publisher.ts'
import { MAX_THREADS } from './region.ts'
import { QueryResponder } from './respond.ts'

/** Who asks: a network, and its text as it was given. */
export interface Asker {
  readonly address: Uint8Array
  readonly prefixLength: number
  /** '': nobody in particular, and no client subnet */
  readonly text: string
}

export interface Rehearsed {
  readonly rcode: number
  /** the answer section as `TYPE rdata`, in presentation form */
  readonly answers: readonly string[]
  /** the least of the answer section; null: it is empty */
  readonly ttl: number | null
}

export function rehearse(
  publisher: Publisher,
  nowMs: () => number,
  name: Uint8Array,
  type: number,
  asker: Asker,
): Rehearsed {
  const subnet = asker.text === '' ? [] : [clientSubnetOption(asker.address, asker.prefixLength)]
  const query = encodeMessage({
    id: 0,
    flags: 0,
    questions: [{ name, type, class: CLASS.IN }],
    answers: [],
    authorities: [],
    additionals: [optRecord({ options: subnet })],
  })!
  const answer = decodeMessage(respond(publisher, nowMs, query, asker.address))
  if ('problem' in answer) return { rcode: RCODE.SERVFAIL, answers: [], ttl: null }
  const ttls = answer.answers.map(({ ttl }) => ttl)
  return {
    rcode: rcodeOf(answer),
    answers: answer.answers.map((record) => `${mnemonic(record.type)} ${printRdata(record.type, record.rdata)}`),
    ttl: ttls.length === 0 ? null : Math.min(...ttls),
  }
}

/** @returns the response; empty: there is none */
function respond(publisher: Publisher, nowMs: () => number, query: Uint8Array, from: Uint8Array): Uint8Array {
  const init = publisher.init(MAX_THREADS - 1)
  // A row without columns: what is written past the end of a typed array is gone.
  const parts = {
    ...init.parts,
    layout: { ...init.parts.layout, rowLength: 0, nodes: 0 },
    counters: new SharedArrayBuffer(0),
  }
  const responder = new QueryResponder(
    { ...init, limits: { ...init.limits, rate: 0 }, parts },
    { nowMs, take: () => undefined },
  )
  const message = new Uint8Array(65_535)
  message.set(query)
  responder.enter()
  const octets = responder.answer(message, 0, query.length, message.length, 1, from, 0, from.length as 4 | 16, 0)
  responder.leave()
  return message.subarray(0, Math.max(0, octets))
}
