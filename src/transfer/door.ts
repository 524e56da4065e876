/**
 * The slow door: every message that the query path hands on comes here. A signature is checked first, whatever the message is;
 * then the opcode says who answers.
 *
 *     message ─▶ TSIG ─▶ NOTIFY ─▶ the secondary zone, if it is one
 *                     ─▶ UPDATE ─▶ the zone's keeper
 *                     ─▶ AXFR, IXFR ─▶ may they? ─▶ messages, as fast as the client takes them
 *                     ─▶ another query ─▶ the query path, its answer signed
 */
import { printAddress } from '../base/index.ts'
import {
  CLASS,
  decodeMessage,
  EDE,
  ednsOf,
  encodeMessage,
  lowerName,
  type Message,
  OPCODE,
  opcodeOf,
  printName,
  RCODE,
  signRefusal,
  TsigSigner,
  type TsigVerdict,
  TYPE,
  tsigErrorName,
  verifyTsig,
} from '../wire/index.ts'
import { soaFigures } from '../zone/index.ts'
import { mayTransfer } from './access.ts'
import { hmac, keyFinder } from './keys.ts'
import { axfrRecords, ixfrRecords, resourceRecord, soaOf, transferMessages } from './outgoing.ts'
import type { Asker, Request, TransferDoor, TransferPorts, ZoneVersion } from './ports.ts'
import { quietLog } from './quiet-log.ts'
import { ednsProblem, Reply, refuseOctets } from './reply.ts'
import { answerUpdate } from './update.ts'

/** Transfers that go out at the same time; more are told to come again (SERVFAIL), as secondaries do by themselves. */
const MAX_TRANSFERS_OUT = 32

export function createTransferDoor(given: TransferPorts): TransferDoor {
  const ports: TransferPorts = { ...given, log: quietLog(given.log, given.nowSeconds) }
  let transfersOut = 0
  const now = (): number => ports.nowSeconds()

  const handle = async (message: Uint8Array, request: Request): Promise<void> => {
    if (message.length < 12 || (message[2]! & 0x80) !== 0) return
    const verdict = verifyTsig(message, keyFinder(ports.keys()), hmac, now())
    if (verdict.kind === 'malformed') {
      await request.send(refuseOctets(message, RCODE.FORMERR))
      return
    }
    if (verdict.kind === 'bad') {
      await refuseSignature(message, verdict, request)
      return
    }
    const good = verdict.kind === 'good' ? verdict : undefined
    const signer = good && new TsigSigner(good.key, hmac, good.tsig.mac)
    const asker: Asker = { address: request.peer, key: good && printName(good.key.name) }
    await dispatch(good?.bare ?? message, new Reply(request, signer, now), asker)
  }

  const refuseSignature = async (
    message: Uint8Array,
    verdict: Extract<TsigVerdict, { kind: 'bad' }>,
    request: Request,
  ): Promise<void> => {
    const { tsig, error } = verdict
    const details = { peer: printAddress(request.peer), key: printName(tsig.keyName), error: tsigErrorName(error) }
    ports.log.warn(details, 'a signature was refused')
    const bare = refuseOctets(message.subarray(0, tsig.at), RCODE.NOTAUTH)
    await request.send(signRefusal(bare, verdict, hmac, now()))
  }

  const dispatch = async (bare: Uint8Array, reply: Reply, asker: Asker): Promise<void> => {
    const message = decodeMessage(bare)
    if ('problem' in message) {
      await reply.send(refuseOctets(bare, RCODE.FORMERR))
      return
    }
    const edns = ednsOf(message)
    reply.edns = edns === 'malformed' ? undefined : edns
    const wrong = ednsProblem(edns)
    if (wrong !== RCODE.NOERROR) {
      await reply.answer(message, { rcode: wrong })
      return
    }
    switch (opcodeOf(message.flags)) {
      case OPCODE.NOTIFY:
        await answerNotify(message, reply, asker)
        return
      case OPCODE.UPDATE:
        await answerUpdate(ports, message, reply, asker)
        return
      case OPCODE.QUERY:
        await answerQuery(bare, message, reply, asker)
        return
      default:
        await reply.answer(message, { rcode: RCODE.NOTIMP })
    }
  }

  /** RFC 1996 3.10, 3.11. The serial in a NOTIFY is a hint: the refresh asks for itself. */
  const answerNotify = async (message: Message, reply: Reply, asker: Asker): Promise<void> => {
    const [question] = message.questions
    if (message.questions.length !== 1 || question === undefined || question.type !== TYPE.SOA) {
      await reply.answer(message, { rcode: RCODE.FORMERR })
      return
    }
    const soa = message.answers.find(({ type }) => type === TYPE.SOA)
    const serial = soa === undefined || soa.rdata.length < 20 ? undefined : soaFigures(soa.rdata).serial
    const outcome = ports.notified(lowerName(question.name), serial, asker)
    const details = { zone: printName(question.name), peer: printAddress(asker.address), serial, outcome }
    ports.log.info(details, 'notified of a change')
    const rcode = outcome === 'accepted' ? RCODE.NOERROR : outcome === 'unknown' ? RCODE.NOTAUTH : RCODE.REFUSED
    await reply.answer(message, { rcode, aa: rcode === RCODE.NOERROR })
  }

  const answerQuery = async (bare: Uint8Array, message: Message, reply: Reply, asker: Asker): Promise<void> => {
    const [question] = message.questions
    if (message.questions.length === 1 && (question?.type === TYPE.AXFR || question?.type === TYPE.IXFR)) {
      await answerTransfer(message, reply, asker)
      return
    }
    // SIG(0) is not verified here (RFC 2931): such a query is one without a signature.
    const additionals = message.additionals.filter(({ type }) => type !== TYPE.SIG)
    const plain = additionals.length < message.additionals.length ? encodeMessage({ ...message, additionals }) : bare
    const answer = plain && ports.query(plain, reply.request)
    if (answer === undefined) return
    if (answer.length <= reply.room) await reply.send(answer)
    // The signature does not fit beside it: an empty answer with TC brings the client to TCP (RFC 8945 5.3).
    else await reply.answer(message, { rcode: RCODE.NOERROR, tc: true })
  }

  const answerTransfer = async (message: Message, reply: Reply, asker: Asker): Promise<void> => {
    const question = message.questions[0]!
    const zone = lowerName(question.name)
    const ixfr = question.type === TYPE.IXFR
    const details = { zone: printName(zone), peer: printAddress(asker.address), key: asker.key, ixfr }
    const refuse = async (rcode: number, text: string, code: number): Promise<void> => {
      ports.log.warn({ ...details, rcode }, `transfer refused: ${text}`)
      await reply.answer(message, { rcode, extendedError: { code, text } })
    }
    // RFC 5936 4.2: there is no AXFR over UDP. RFC 1995 3: an IXFR tells what it has.
    const soa = message.authorities.find(({ type }) => type === TYPE.SOA)
    if ((!ixfr && reply.request.transport === 'udp') || (ixfr && soa === undefined) || message.answers.length > 0) {
      await reply.answer(message, { rcode: RCODE.FORMERR })
      return
    }
    if (question.class !== CLASS.IN) return refuse(RCODE.REFUSED, 'only class IN is served', EDE.PROHIBITED)
    const state = ports.zone(zone)
    // RFC 5936 2.2.1: NOTAUTH says no more to a stranger than the answer to a question for the SOA does.
    if (state.kind === 'unknown') return refuse(RCODE.NOTAUTH, 'not a zone of this server', EDE.NOT_AUTHORITATIVE)
    if (!mayTransfer(ports.allow(zone), asker)) return refuse(RCODE.REFUSED, 'not allowed to transfer', EDE.PROHIBITED)
    if (state.kind === 'unavailable') return refuse(RCODE.SERVFAIL, 'the zone is not available now', EDE.NOT_READY)
    const { version } = state
    if (!ixfr) return send(message, reply, version, axfrRecords(version), { ...details, form: 'full' })
    const { form, records } = ixfrRecords(version, soaFigures(soa!.rdata).serial)
    if (reply.request.transport === 'udp')
      return sendByUdp(message, reply, version, form === 'full' ? undefined : records)
    return send(message, reply, version, records, { ...details, form })
  }

  /** RFC 1995 2: what does not fit a datagram is answered with the SOA alone. */
  const sendByUdp = async (
    message: Message,
    reply: Reply,
    version: ZoneVersion,
    records: Parameters<typeof transferMessages>[1] | undefined,
  ): Promise<void> => {
    const opt = reply.opt({ rcode: RCODE.NOERROR })
    for (const whole of records === undefined ? [] : transferMessages(message, records, opt)) {
      if (whole.length > reply.room) break
      await reply.send(whole)
      return
    }
    await reply.answer(message, { rcode: RCODE.NOERROR, aa: true, answers: [resourceRecord(soaOf(version))] })
  }

  const send = async (
    message: Message,
    reply: Reply,
    version: ZoneVersion,
    records: Parameters<typeof transferMessages>[1],
    details: object,
  ): Promise<void> => {
    if (transfersOut >= MAX_TRANSFERS_OUT) {
      const extendedError = { code: EDE.NOT_READY, text: 'too many transfers at once; try again' }
      await reply.answer(message, { rcode: RCODE.SERVFAIL, extendedError })
      return
    }
    transfersOut++
    let messages = 0
    let octets = 0
    try {
      for (const whole of transferMessages(message, records, reply.opt({ rcode: RCODE.NOERROR }))) {
        if (!(await reply.send(whole))) {
          ports.log.warn({ ...details, messages }, 'the client left in the middle of a transfer')
          return
        }
        messages++
        octets += whole.length
      }
      ports.log.info({ ...details, serial: version.serial, messages, octets }, 'zone transferred')
    } finally {
      transfersOut--
    }
  }

  return {
    handle,
    get transfersOut() {
      return transfersOut
    },
  }
}
