import { execFile, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { promisify } from 'node:util'
import t from 'tap'
import {
  BADSIG,
  concatenated,
  decodeMessage,
  encodeMessage,
  FLAG,
  type Hmac,
  type Message,
  parseName,
  RCODE,
  readTsig,
  refusal,
  signMessage,
  signRefusal,
  TSIG_ALGORITHMS,
  type TsigKey,
  TsigSigner,
  TsigStreamVerifier,
  TYPE,
  tsigAlgorithmOf,
  verifyTsig,
  withoutTsig,
} from '../../src/wire/index.ts'

const hmac: Hmac = (hash, key, octets) => createHmac(hash, key).update(octets).digest()
const NOW = 1_800_000_000
const key = (algorithm = 'hmac-sha256', name = 'transfer.key.'): TsigKey => ({
  name: parseName(name)!,
  algorithm,
  secret: Buffer.from('a secret that both ends know'),
})
const keyOf = (known: TsigKey) => (name: Uint8Array) => (Buffer.compare(name, known.name) === 0 ? known : undefined)
const QUERY: Message = {
  id: 77,
  flags: FLAG.RD,
  questions: [{ name: parseName('example.')!, type: TYPE.AXFR, class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
}
const query = encodeMessage(QUERY)!

t.test('what is signed verifies, under every algorithm', async (t) => {
  for (const algorithm of Object.keys(TSIG_ALGORITHMS)) {
    const { message, mac } = signMessage(query, key(algorithm), hmac, NOW)
    t.equal(mac.length, TSIG_ALGORITHMS[algorithm]!.macOctets)
    const verdict = verifyTsig(message, keyOf(key(algorithm)), hmac, NOW + 300)
    t.match(verdict, { kind: 'good', tsig: { timeSigned: NOW, fudge: 300, originalId: 77, error: 0 } }, algorithm)
    t.strictSame(verdict.kind === 'good' && Buffer.from(verdict.bare), Buffer.from(query))
    t.notOk('problem' in decodeMessage(message))
  }
  t.equal(tsigAlgorithmOf('HMAC-MD5'), 'hmac-md5.sig-alg.reg.int')
  t.equal(tsigAlgorithmOf('hmac-sha256.'), 'hmac-sha256')
  t.equal(tsigAlgorithmOf('constructor'), undefined)
})

t.test('a forwarder may change the ID: the original one was signed (RFC 8945 5.1)', async (t) => {
  const { message } = signMessage(query, key(), hmac, NOW)
  message[1] = 99
  t.equal(verifyTsig(message, keyOf(key()), hmac, NOW).kind, 'good')
})

t.test('every changed octet is noticed', async (t) => {
  const { message } = signMessage(query, key(), hmac, NOW)
  for (let i = 2; i < message.length; i++) {
    const bent = message.slice()
    bent[i]! ^= 0x01
    t.not(verifyTsig(bent, keyOf(key()), hmac, NOW).kind, 'good', `octet ${i}`)
  }
})

t.test('what is refused, and with which error', async (t) => {
  const { message } = signMessage(query, key(), hmac, NOW)
  const tsig = readTsig(message)
  if (tsig === undefined || tsig === 'malformed') throw new Error('not signed')
  /** The record again with a MAC of another length. */
  const withMac = (mac: Uint8Array) => {
    const tail = message.slice(tsig.at)
    const out = concatenated(
      message.slice(0, tsig.at),
      tail.slice(0, tail.length - 6 - tsig.mac.length - 2),
      Uint8Array.of(0, mac.length),
      mac,
      tail.slice(-6),
    )
    const lengthAt = tsig.at + key().name.length + 8
    const length = ((out[lengthAt]! << 8) | out[lengthAt + 1]!) - tsig.mac.length + mac.length
    out[lengthAt] = length >> 8
    out[lengthAt + 1] = length & 255
    return out
  }
  const rows: [string, Uint8Array, TsigKey, number, object][] = [
    ['no TSIG', query, key(), NOW, { kind: 'unsigned' }],
    [
      'an unknown key',
      message,
      key('hmac-sha256', 'other.'),
      NOW,
      { kind: 'bad', error: RCODE.BADKEY, key: undefined },
    ],
    ['another algorithm', message, key('hmac-sha512'), NOW, { kind: 'bad', error: RCODE.BADKEY }],
    [
      'another secret',
      message,
      { ...key(), secret: Buffer.from('x') },
      NOW,
      { kind: 'bad', error: BADSIG, key: undefined },
    ],
    ['too late', message, key(), NOW + 301, { kind: 'bad', error: RCODE.BADTIME, key: { algorithm: 'hmac-sha256' } }],
    ['too early', message, key(), NOW - 301, { kind: 'bad', error: RCODE.BADTIME }],
    [
      'a MAC of half',
      withMac(tsig.mac.slice(0, 16)),
      key(),
      NOW,
      { kind: 'bad', error: RCODE.BADTRUNC, key: { algorithm: 'hmac-sha256' } },
    ],
    ['a MAC of less than half', withMac(tsig.mac.slice(0, 15)), key(), NOW, { kind: 'malformed' }],
    ['a MAC longer than the hash', withMac(new Uint8Array(33)), key(), NOW, { kind: 'malformed' }],
    ['an empty MAC', withMac(new Uint8Array(0)), key(), NOW, { kind: 'bad', error: BADSIG }],
    [
      'a record behind it',
      concatenated(message, Uint8Array.of(0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0)),
      key(),
      NOW,
      { kind: 'malformed' },
    ],
    ['cut short', message.slice(0, -1), key(), NOW, { kind: 'malformed' }],
  ]
  rows.at(-2)![1][11] = 2
  for (const [title, octets, known, now, expected] of rows)
    t.match(verifyTsig(octets, keyOf(known), hmac, now), expected, title)
})

t.test(
  'refusals of a signature (RFC 8945 5.3.2): BADKEY and BADSIG unsigned, BADTIME signed and with our clock',
  async (t) => {
    const { message, mac } = signMessage(query, key(), hmac, NOW)
    const bare = encodeMessage(refusal(QUERY, RCODE.NOTAUTH))!
    const context = { priorMac: mac, timersOnly: false }
    const late = verifyTsig(message, keyOf(key()), hmac, NOW + 1000)
    if (late.kind !== 'bad') throw new Error('expected bad')
    const answer = signRefusal(bare, late, hmac, NOW + 1000)
    const verdict = verifyTsig(answer, keyOf(key()), hmac, NOW, context)
    t.match(verdict, { kind: 'good', tsig: { error: RCODE.BADTIME, timeSigned: NOW } })
    t.equal(verdict.kind === 'good' && Buffer.from(verdict.tsig.other).readUIntBE(0, 6), NOW + 1000)
    const unknown = verifyTsig(message, () => undefined, hmac, NOW)
    if (unknown.kind !== 'bad') throw new Error('expected bad')
    t.match(readTsig(signRefusal(bare, unknown, hmac, NOW)), {
      error: RCODE.BADKEY,
      mac: { length: 0 },
      other: { length: 0 },
    })
    t.match(verifyTsig(signRefusal(bare, unknown, hmac, NOW), keyOf(key()), hmac, NOW, context), {
      kind: 'bad',
      error: RCODE.BADKEY,
    })
  },
)

t.test('the messages of a transfer are chained (RFC 8945 5.3.1)', async (t) => {
  const { mac } = signMessage(query, key(), hmac, NOW)
  const parts = Array.from({ length: 5 }, (_, id) => encodeMessage({ ...QUERY, id, flags: FLAG.QR })!)
  const signer = new TsigSigner(key(), hmac, mac)
  const signed = parts.map((part, i) => signer.sign(part, NOW + i))
  const verdicts = (messages: readonly Uint8Array[]) => {
    const verifier = new TsigStreamVerifier(key(), hmac, mac)
    return [...messages.map((message) => verifier.verify(message, NOW)), verifier.complete]
  }
  t.strictSame(verdicts(signed), ['good', 'good', 'good', 'good', 'good', true])
  t.match(verdicts([signed[0]!, signed[2]!]), ['good', { error: BADSIG }], 'a message left out')
  t.match(verdicts([signed[1]!]), [{ error: BADSIG }], 'the first left out')
  t.match(verdicts([parts[0]!]), ['unsigned'], 'the first unsigned')

  // A peer that signs the first and the fourth only.
  const first = signMessage(parts[0]!, key(), hmac, NOW, { context: { priorMac: mac, timersOnly: false } })
  const fourth = signMessage(parts[3]!, key(), hmac, NOW, {
    context: { priorMac: first.mac, timersOnly: true },
    unsignedBefore: concatenated(parts[1]!, parts[2]!),
  })
  t.strictSame(verdicts([first.message, parts[1]!, parts[2]!, fourth.message]), [
    'good',
    'pending',
    'pending',
    'good',
    true,
  ])
  t.equal(verdicts([first.message, parts[1]!]).at(-1), false, 'the last unsigned: not to be trusted')
  const verifier = new TsigStreamVerifier(key(), hmac, mac)
  verifier.verify(first.message, NOW)
  for (let i = 0; i < 99; i++) t.equal(verifier.verify(parts[1]!, NOW), 'pending')
  t.equal(verifier.verify(parts[1]!, NOW), 'unsigned', 'a hundred messages without a MAC')
})

t.test('dig signs as we verify, and verifies what we sign', async (t) => {
  if (spawnSync('dig', ['-v']).status !== 0) return t.plan(0, 'dig is not installed (Debian: bind9-dnsutils)')
  for (const algorithm of ['hmac-sha256', 'hmac-sha512', 'hmac-sha1', 'hmac-md5', 'hmac-sha384', 'hmac-sha224']) {
    const known = key(tsigAlgorithmOf(algorithm))
    const kinds: string[] = []
    const socket = createSocket('udp4', (octets, peer) => {
      const now = Math.floor(Date.now() / 1000)
      const verdict = verifyTsig(octets, keyOf(known), hmac, now)
      kinds.push(verdict.kind)
      if (verdict.kind !== 'good') return
      const request = decodeMessage(verdict.bare)
      if ('problem' in request) return
      const bare = encodeMessage({ ...refusal(request, RCODE.NOERROR) })!
      const context = { priorMac: verdict.tsig.mac, timersOnly: false }
      socket.send(signMessage(bare, verdict.key, hmac, now, { context }).message, peer.port, peer.address)
    })
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const secret = Buffer.from(known.secret).toString('base64')
    const args = [
      '@127.0.0.1',
      '-p',
      String(socket.address().port),
      '+tries=1',
      '-y',
      `${algorithm}:transfer.key:${secret}`,
      'example.',
      'SOA',
    ]
    const { stdout } = await promisify(execFile)('dig', args)
    socket.close()
    t.strictSame(kinds, ['good'], algorithm)
    t.match(stdout, /TSIG PSEUDOSECTION/)
    t.notMatch(stdout, /verify|failed|BADSIG/i)
  }
  t.strictSame(
    withoutTsig(
      signMessage(query, key(), hmac, NOW).message,
      readTsig(signMessage(query, key(), hmac, NOW).message) as never,
    ),
    query,
  )
})
