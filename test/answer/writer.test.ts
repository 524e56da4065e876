/** Name compression of responses (RFC 1035 4.1.4), read back by another decoder. */
import { decode } from 'dns-packet'
import fc from 'fast-check'
import t from 'tap'
import { ResponseWriter } from '../../src/answer/writer.ts'

const wire = (name: string): Uint8Array => {
  const octets: number[] = []
  for (const label of name.split('.').filter((l) => l !== '')) octets.push(label.length, ...Buffer.from(label))
  return Uint8Array.from([...octets, 0])
}

/** A response with one NS record for each target, owned by the question's name. */
function respond(question: string, targets: readonly string[]): Buffer {
  const message = new Uint8Array(4096)
  const name = wire(question)
  message.set([0, 7, 0x84, 0, 0, 1, 0, targets.length, 0, 0, 0, 0])
  message.set(name, 12)
  message.set([0, 2, 0, 1], 12 + name.length)
  const out = new ResponseWriter()
  out.begin(message, 0, 16 + name.length, message.length)
  for (const target of targets) {
    out.name(name, 0, true)
    out.uint16(2)
    out.uint16(1)
    out.uint32(300)
    const at = out.at
    out.uint16(0)
    out.name(wire(target), 0, true)
    out.patch16(at, out.at - at - 2)
  }
  t.equal(out.overflow, false)
  return Buffer.from(message.subarray(0, out.at))
}

t.test('names are cut at their longest suffix that is already in the message', async (t) => {
  const bytes = respond('www.Portal.example', [
    'ns1.portal.example',
    'ns2.portal.example',
    'ns1.portal.example',
    'a.test',
    'test',
    'example',
  ])
  const answers = decode(bytes).answers as readonly { name: string; data: string }[]
  t.same(
    answers.map(({ data }) => data.toLowerCase()),
    ['ns1.portal.example', 'ns2.portal.example', 'ns1.portal.example', 'a.test', 'test', 'example'],
  )
  // header 12, question 24; owner pointer and fixed part 12 each; ns1 + pointer 6, ns2 + pointer 6, pointer 2, a.test 8, pointer 2, pointer 2
  t.equal(bytes.length, 12 + 24 + 6 * 12 + 6 + 6 + 2 + 8 + 2 + 2)
})

t.test('whatever the names, a decoder reads them back', async (t) => {
  const label = fc.stringMatching(/^[a-cA-C]{1,3}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(name, fc.array(name, { minLength: 1, maxLength: 12 }), (question, targets) => {
      const answers = decode(respond(question, targets)).answers as readonly { name: string; data: string }[]
      return answers.every(({ data, name }, i) => data.toLowerCase() === targets[i]!.toLowerCase() && name === question)
    }),
    { numRuns: 300 },
  )
  t.pass('300 random responses')
})

t.test('what is taken back is forgotten: no later name points to it', async (t) => {
  const message = new Uint8Array(512)
  const question = wire('x.test')
  message.set(question, 12)
  const out = new ResponseWriter()
  const start = 12 + question.length + 4
  out.begin(message, 0, start, 512)
  out.name(wire('alpha.beta.gamma'), 0, true)
  out.rewind(start)
  out.name(wire('beta.gamma'), 0, true)
  t.equal(out.at - start, 12, 'written in full')
  out.begin(message, 0, start, start + 3)
  out.name(wire('long.name.here'), 0, true)
  t.equal(out.overflow, true, 'nothing is written past the end')
  t.ok(out.at <= start + 3)
})
