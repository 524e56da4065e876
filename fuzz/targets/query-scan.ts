/**
 * The scan of queries against the whole-message reader: what it calls a query is one, every offset lies inside, the input is left
 * alone, nothing of the query before is left, and a response is met with silence.
 */
import { decodeMessage, ednsOf, OPTION, opcodeOf, QueryScan, RCODE, SCAN, TYPE } from '../../src/wire/index.ts'
import { messageInputs } from '../messages.ts'
import { must, type Target } from '../target.ts'

const used = new QueryScan()

/** All that a scan says. Starts of labels beyond the last one are nobody's; the memory that it looks at is the driver's. */
const told = (scan: QueryScan): string =>
  JSON.stringify({
    ...scan,
    message: undefined,
    view: undefined,
    labelStarts: [...scan.labelStarts.subarray(0, scan.labels)],
  })

export const target: Target = {
  name: 'query-scan',
  corpus: messageInputs,
  dictionary: [Uint8Array.of(0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2), Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)],
  check(input, random) {
    const at = random.below(3)
    const buffer = new Uint8Array(at + input.length + 64).fill(random.below(256))
    buffer.set(input, at)
    const before = buffer.slice()
    const verdict = used.scan(buffer, at, input.length)
    must(Buffer.compare(buffer, before) === 0, 'the scan wrote into the message')
    const fresh = new QueryScan()
    must(fresh.scan(buffer, at, input.length) === verdict, 'the verdict depends on the query before')
    must(told(fresh) === told(used), 'something of the query before is left')

    const response = input.length >= 12 && (input[2]! & 0x80) !== 0
    must(
      (verdict === SCAN.silence) === (input.length < 12 || response),
      'silence is for responses and fragments of a header',
    )
    const end = at + input.length
    must(used.questionEnd <= end && used.qnameAt + used.qnameOctets <= end, 'the question runs over the end')
    must(
      used.ecsAddressAt + used.ecsOctets <= end && used.cookieAt + used.cookieOctets <= end,
      'an option runs over the end',
    )
    if (verdict === SCAN.query) checkQuery(input, at)
    if (verdict === SCAN.refuse && used.rcode === RCODE.NOERROR)
      must(used.cookieAt > 0, 'NOERROR without a question is for cookies')
  },
}

function checkQuery(input: Uint8Array, at: number): void {
  const message = decodeMessage(input)
  // A record besides OPT may have rdata that is not sound for its type: nobody looks at it in a query.
  if ('problem' in message) return
  const [question] = message.questions
  must(message.questions.length === 1 && question !== undefined, 'a query has one question')
  must(message.answers.length + message.authorities.length === 0, 'a query has no answer')
  must(opcodeOf(message.flags) === 0 && used.flags === message.flags, 'the flags differ')
  must(question.type === used.qtype && question.class === used.qclass, 'the question differs')
  must(
    Buffer.compare(question.name, input.subarray(used.qnameAt - at, used.qnameAt - at + used.qnameOctets)) === 0,
    'the qname differs',
  )
  must(!message.additionals.some(({ type }) => type === TYPE.TSIG), 'a signed query is not for the fast path')
  const edns = ednsOf(message)
  must(edns !== 'malformed', 'a malformed OPT was accepted')
  must(used.edns === (edns !== undefined), 'EDNS differs')
  if (edns === undefined) return
  must(edns.version === 0 && used.udpSize === Math.max(512, edns.udpSize) && used.doBit === edns.doBit, 'OPT differs')
  const cookie = edns.options.find(({ code }) => code === OPTION.COOKIE)
  must((cookie?.data.length ?? 0) === used.cookieOctets, 'the cookie differs')
  const ecs = edns.options.find(({ code }) => code === OPTION.CLIENT_SUBNET)
  must(
    (ecs !== undefined) === used.ecsAt > 0 && (ecs === undefined || ecs.data[2] === used.ecsSource),
    'the client subnet differs',
  )
}
