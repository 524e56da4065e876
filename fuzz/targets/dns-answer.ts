/**
 * What a node answers to a DNS check. Nothing throws, whatever the message; the judgement is one printable line, never our own fault,
 * and a message with another identifier is no answer.
 */
import dns2 from 'dns2'
import { readAnswer } from '../../src/probe/dns.ts'
import type { Probe } from '../../src/steer/index.ts'
import { hexInput, must, type Target, textInput } from '../target.ts'

const ID = 0x1234
const QUESTION = '03777777 07706f7274616c 076578616d706c65 00'
const TYPES = ['A', 'AAAA', 'MX', 'TXT', 'SOA', 'SRV', 'CAA', 'NS'] as const

function probe(type: string): Extract<Probe, { kind: 'dns' }> {
  return { kind: 'dns', port: 53, name: 'www.portal.example', type, expect: '192.0.2.11' }
}

export const target: Target = {
  name: 'dns-answer',
  corpus: [
    `1234 8180 0001 0001 0000 0000 ${QUESTION} 0001 0001 c00c 0001 0001 0000003c 0004 c000020b`,
    `1234 8580 0001 0002 0000 0000 ${QUESTION} 000f 0001 c00c 000f 0001 0000003c 0007 000a 026d78 c010 c00c 000f 0001 0000003c 0004 0014 c010`,
    `1234 8180 0001 0001 0000 0001 ${QUESTION} 0010 0001 c00c 0010 0001 0000003c 0006 0568656c6c6f 00 0029 04d0 00000000 0000`,
    `1234 8183 0001 0000 0001 0000 ${QUESTION} 0001 0001 c010 0006 0001 0000003c 0018 c010 c010 00000001 00000002 00000003 00000004 00000005`,
    '1234 8382 0000 0000 0000 0000',
  ].map(hexInput),
  dictionary: [hexInput('c00c'), hexInput('c000'), hexInput('3f'), hexInput('ffff'), textInput('www')],
  rounds: 30_000,
  check: (input, random) => {
    const message = Buffer.from(input)
    const type = TYPES[random.below(TYPES.length)]!
    const answer = readAnswer(message, ID, probe(type), dns2.Packet.TYPE[type])
    if (message.length < 2 || message.readUInt16BE(0) !== ID) must(answer === undefined, 'another identifier')
    if (answer === undefined) return
    must(answer.outcome.class !== 'local', 'a node cannot make its answer our fault')
    must(!/[\u0000-\u001f]/.test(answer.outcome.detail) && answer.outcome.detail.length <= 160, 'one printable line')
  },
}
