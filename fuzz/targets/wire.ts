/** Whole messages: what decodes encodes, and decodes as the same; rdata prints as text that reads back. Nothing throws. */
import {
  decodeMessage,
  ednsOf,
  encodeMessage,
  type Message,
  OctetWriter,
  parseName,
  parseRdata,
  printName,
  printRdata,
  ROOT_NAME,
  rcodeOf,
  recordType,
  splitFields,
} from '../../src/wire/index.ts'
import { messageInputs } from '../messages.ts'
import { must, type Target } from '../target.ts'

export const target: Target = {
  name: 'wire',
  corpus: messageInputs,
  dictionary: [Uint8Array.of(0xc0, 12), Uint8Array.of(0xc0, 0xff), Uint8Array.of(0, 41, 4, 208, 0, 0, 0, 0, 0, 0)],
  check(input) {
    const message = decodeMessage(input)
    if ('problem' in message) return
    ednsOf(message)
    rcodeOf(message)
    const encoded = encodeMessage(message)
    // Uncompressed names can make a message of 64 KiB out of one that pointed a lot; it is never longer than what was read.
    must(encoded !== undefined, 'a message that was read cannot be written')
    must(encoded.length <= Math.max(input.length, 12) || hasNames(message), 'it grew by being written')
    must(same(decodeMessage(encoded), message), 'a message changed by being written and read')
    for (const { name, type, rdata } of [...message.answers, ...message.authorities, ...message.additionals]) {
      must(equal(parseName(printName(name)), name), 'a name changed by being printed')
      if (rdata.length > 0 || recordType(type)?.check(rdata)) checkText(type, rdata)
    }
  },
}

function checkText(type: number, rdata: Uint8Array): void {
  const text = printRdata(type, rdata)
  const out = new OctetWriter()
  const problem = parseRdata(type, splitFields(text) ?? [], ROOT_NAME, out)
  must(problem === undefined, `type ${type} does not read its own text ${text}: ${problem?.message}`)
  must(equal(out.octets(), rdata), `type ${type} changed by being printed: ${text}`)
}

function hasNames(message: Message): boolean {
  return message.questions.length + message.answers.length + message.authorities.length + message.additionals.length > 0
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function equal(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}
