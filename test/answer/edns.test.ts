/** The OPT record of a response: the room that is kept for it is enough, whatever stands in it. */
import t from 'tap'
import { ResponseOpt } from '../../src/answer/edns.ts'
import { ResponseWriter } from '../../src/answer/writer.ts'
import { decodeMessage, EDE, ednsOf, type Message, OPTION } from '../../src/wire/index.ts'

const HEADER_OCTETS = 12

/** Every combination of what can stand in the record. */
function* combinations(): Generator<ResponseOpt> {
  for (const subnet of [-1, 0, 3, 16])
    for (const cookie of [0, 16, 24])
      for (const nsid of [undefined, 1, 128])
        for (const keepalive of [-1, 0, 65_535])
          for (const ede of [-1, EDE.STALE_ANSWER])
            for (const padding of [false, true]) {
              const opt = new ResponseOpt()
              opt.present = true
              opt.doBit = ede < 0 ? 0 : 1
              opt.ecs = subnet >= 0
              opt.ecsOctets = Math.max(0, subnet)
              opt.ecsFamily = subnet === 16 ? 2 : 1
              opt.ecsSource = 8 * Math.max(0, subnet)
              opt.cookieOctets = cookie
              opt.nsid = nsid === undefined ? undefined : new Uint8Array(nsid).fill(65)
              opt.keepalive = keepalive
              opt.ede = ede
              opt.padding = padding
              yield opt
            }
}

/** Writes the record behind `before` octets of a message. @returns the message up to its end */
function written(opt: ResponseOpt, room: number, before = HEADER_OCTETS): Uint8Array {
  const message = new Uint8Array(before + 4096)
  message[11] = 1
  const out = new ResponseWriter()
  out.begin(message, 0, before, message.length)
  opt.write(out, 1232, 0, room)
  return message.slice(0, out.at)
}

t.test('`octets` is enough for every combination, and padding keeps to its room', async (t) => {
  let combined = 0
  for (const opt of combinations())
    for (const room of [-3, 0, 1, 3, 4, 5, 100, 600]) {
      combined++
      const length = written(opt, room).length - HEADER_OCTETS
      const most = opt.octets() + (opt.padding ? Math.max(0, room) : 0)
      if (length > most) t.fail(`${length} octets where ${most} are kept: ${JSON.stringify(opt)}, room ${room}`)
    }
  t.equal(combined, 4 * 3 * 3 * 3 * 2 * 2 * 8)
})

t.test('what is written reads back, and only what is there', async (t) => {
  for (const opt of combinations()) {
    const message = decodeMessage(written(opt, 600)) as Message
    const edns = ednsOf(message)
    if (edns === undefined || edns === 'malformed') {
      t.fail(`not read: ${JSON.stringify(opt)}`)
      continue
    }
    const wanted = [
      ...(opt.ecs ? [OPTION.CLIENT_SUBNET] : []),
      ...(opt.cookieOctets > 0 ? [OPTION.COOKIE] : []),
      ...(opt.nsid === undefined ? [] : [OPTION.NSID]),
      ...(opt.keepalive < 0 ? [] : [OPTION.TCP_KEEPALIVE]),
      ...(opt.ede < 0 ? [] : [OPTION.EXTENDED_ERROR]),
      ...(opt.padding ? [OPTION.PADDING] : []),
    ]
    if (edns.options.map(({ code }) => code).join() !== wanted.join()) t.fail(`other options: ${JSON.stringify(opt)}`)
    if (edns.udpSize !== 1232 || edns.doBit !== (opt.doBit !== 0)) t.fail(`another head: ${JSON.stringify(opt)}`)
    for (const { code, data } of edns.options) {
      const octets = {
        [OPTION.CLIENT_SUBNET]: 4 + opt.ecsOctets,
        [OPTION.COOKIE]: opt.cookieOctets,
        [OPTION.NSID]: opt.nsid?.length,
        [OPTION.TCP_KEEPALIVE]: 2,
        [OPTION.EXTENDED_ERROR]: 2,
      }[code]
      if (octets !== undefined && data.length !== octets) t.fail(`option ${code} has ${data.length} octets`)
    }
  }
})

t.test('a padded response is a multiple of 468 octets where there is room (RFC 8467 4.1)', async (t) => {
  const opt = new ResponseOpt()
  opt.present = true
  opt.padding = true
  for (let before = HEADER_OCTETS; before < HEADER_OCTETS + 500; before++) {
    const { length } = written(opt, 600, before)
    if (length % 468 !== 0) t.fail(`${before} octets before it: ${length}`)
  }
  t.equal(written(opt, 0).length, HEADER_OCTETS + 11 + 4, 'without room, an empty option')
})

t.test('without EDNS in the query nothing is kept, and `reset` forgets everything', async (t) => {
  const opt = new ResponseOpt()
  t.equal(opt.octets(), 0)
  for (const used of combinations()) {
    used.reset()
    used.present = true
    if (used.octets() !== 17) t.fail(`${used.octets()} octets after a reset`)
    if (written(used, 600).length !== HEADER_OCTETS + 11) t.fail('something was left of another response')
  }
})
