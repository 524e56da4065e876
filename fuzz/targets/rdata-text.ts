/** The text form of records: what reads is sound for its type, prints, and reads back as the same octets. Nothing throws. */
import {
  checkRdata,
  OctetWriter,
  parseName,
  parseRdata,
  printRdata,
  recordTypes,
  splitFields,
} from '../../src/wire/index.ts'
import { messages } from '../messages.ts'
import { must, type Target, textInput } from '../target.ts'

const types = [...recordTypes()]
const ORIGIN = parseName('example.')!
const records = messages
  .flatMap(({ answers, authorities }) => [...answers, ...authorities])
  .filter(({ rdata }) => rdata.length > 0)

const TEXTS = [
  '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
  '256 3 8 AwEAAQ==',
  'A 5 3 86400 20030322173103 20030220173103 2642 example.com. AAAA',
  '1 0 12 AABBCCDD',
  '66 3 A NS AAAA',
  '00-00-5e-00-53-2a',
  '10 14:4fff:ff20:ee64',
  '\\# 4 C0000201',
  '10 1 "https://example/"',
]

export const target: Target = {
  name: 'rdata-text',
  // The first octet chooses the type.
  corpus: [
    ...records.map(({ type, rdata }) => typed(type, printRdata(type, rdata))),
    ...TEXTS.flatMap((text) => types.map(({ code }) => typed(code, text))),
  ],
  dictionary: ['\\', '\\255', '\\"', '"', '=', 'key65534=', ' ', '-', '4294967296', '.', '@'].map(textInput),
  maxOctets: 2048,
  check(input) {
    const { code } = types[(input[0] ?? 0) % types.length]!
    const out = new OctetWriter()
    const fields = splitFields(Buffer.from(input.subarray(1)).toString('utf8'))
    if (fields === undefined) return
    if (parseRdata(code, fields, ORIGIN, out) !== undefined) {
      must(out.length === 0, 'refused, but something was written')
      return
    }
    const rdata = out.octets()
    must(checkRdata(code, rdata), `type ${code}: what it read is not sound for it`)
    const text = printRdata(code, rdata)
    const again = new OctetWriter()
    const problem = parseRdata(code, splitFields(text) ?? [], ORIGIN, again)
    must(
      problem === undefined && Buffer.compare(again.octets(), rdata) === 0,
      `type ${code} changed by being printed: ${text}`,
    )
  },
}

function typed(code: number, text: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(types.findIndex((type) => type.code === code)), textInput(text)])
}
