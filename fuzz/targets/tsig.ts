/** Signed messages: whatever is done to one, it verifies only while everything that was signed is as it was. Nothing throws. */
import { createHmac } from 'node:crypto'
import {
  type Hmac,
  parseName,
  signMessage,
  type TsigKey,
  TsigSigner,
  TsigStreamVerifier,
  verifyTsig,
} from '../../src/wire/index.ts'
import { messageInputs } from '../messages.ts'
import { must, type Target } from '../target.ts'

const NOW = 1_800_000_000
const hmac: Hmac = (hash, key, octets) => createHmac(hash, key).update(octets).digest()
const key: TsigKey = { name: parseName('fuzz.key.')!, algorithm: 'hmac-sha256', secret: Buffer.from('secret') }
const keyOf = (name: Uint8Array) => (Buffer.compare(name, key.name) === 0 ? key : undefined)
const requestMac = new Uint8Array(32)

const signed = messageInputs.map((bare) => signMessage(bare, key, hmac, NOW).message)
const inAnswer = messageInputs.map((bare) => new TsigSigner(key, hmac, requestMac).sign(bare, NOW))
const known = new Set(messageInputs.map((bare) => Buffer.from(bare).toString('hex')))

export const target: Target = {
  name: 'tsig',
  corpus: [...signed, ...inAnswer],
  check(input, random) {
    const verdict = verifyTsig(input, keyOf, hmac, NOW + random.below(700) - 350)
    if (verdict.kind === 'good')
      must(known.has(Buffer.from(verdict.bare).toString('hex')), 'a message verified that nobody signed')
    const stream = new TsigStreamVerifier(key, hmac, requestMac)
    stream.verify(input, NOW)
    must(stream.verify(input, NOW) !== 'good', 'a message of a stream verified twice')
  },
}
