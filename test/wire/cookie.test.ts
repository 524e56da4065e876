import t from 'tap'
import { parseAddress } from '../../src/base/index.ts'
import { CookieJar, SipHash } from '../../src/wire/index.ts'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

t.test('SipHash-2-4 gives the digests of its authors (key 00..0f, messages 00..n)', async (t) => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i)
  const rows: [number, string][] = [
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ]
  const hash = new SipHash(key)
  for (const [length, digest] of rows) {
    hash.hash(
      Uint8Array.from({ length: 64 }, (_, i) => i),
      0,
      length,
    )
    const out = Buffer.alloc(8)
    out.writeInt32LE(hash.digestLow, 0)
    out.writeInt32LE(hash.digestHigh, 4)
    t.equal(out.toString('hex'), digest, `${length} octets`)
  }
})

t.test('the examples of RFC 9018 appendix A', async (t) => {
  const rows: [string, string, string, string, number, string][] = [
    // title, secret, client address, client cookie, time, server cookie
    [
      'A.1 a new server cookie',
      'e5e973e5a6b2a43f48e7dc849e37bfcf',
      '198.51.100.100',
      '2464c4abcf10c957',
      1559731985,
      '010000005cf79f111f8130c3eee29480',
    ],
    [
      'A.2 the same client later',
      'e5e973e5a6b2a43f48e7dc849e37bfcf',
      '198.51.100.100',
      '2464c4abcf10c957',
      1559734385,
      '010000005cf7a871d4a564a1442aca77',
    ],
    [
      'A.4 IPv6',
      '445536bcd2513298075a5d379663c962',
      '2001:db8:220:1:59de:d0f4:8769:82b8',
      '22681ab97d52c298',
      1559741961,
      '010000005cf7c609a6bb79d16625507a',
    ],
  ]
  for (const [title, secret, address, client, now, server] of rows) {
    const jar = new CookieJar([bytes(secret)])
    const peer = parseAddress(address)!
    const out = new Uint8Array(24)
    jar.write(out, 0, bytes(client), 0, peer, 0, peer.length, now)
    t.equal(Buffer.from(out).toString('hex'), client + server, title)
    t.equal(jar.verify(out, 0, 24, peer, 0, peer.length, now), 1)
  }
})

t.test('a cookie is taken from its own client, within its hour, under any secret still known', async (t) => {
  const old = bytes('00112233445566778899aabbccddeeff')
  const next = bytes('ffeeddccbbaa99887766554433221100')
  const peer = parseAddress('192.0.2.1')!
  const now = 1_800_000_000
  const cookie = new Uint8Array(30)
  new CookieJar([old]).write(cookie, 3, bytes('0102030405060708'), 0, peer, 0, 4, now)
  const jar = new CookieJar([next, old])
  const verify = (at = now, from = '192.0.2.1', octets = 24, who = jar) => {
    const address = parseAddress(from)!
    return who.verify(cookie, 3, octets, address, 0, address.length, at)
  }
  t.equal(verify(), 1)
  t.equal(verify(now + 3600), 1)
  t.equal(verify(now + 3601), 0, 'older than an hour')
  t.equal(verify(now - 300), 1)
  t.equal(verify(now - 301), 0, 'from the future')
  t.equal(verify(now, '192.0.2.2'), 0, 'another client')
  t.equal(verify(now, '192.0.2.1', 8), 0, 'the client cookie alone')
  t.equal(verify(now, '192.0.2.1', 24, new CookieJar([next])), 0, 'a secret no longer known')
  for (let i = 0; i < 24; i++) {
    if (i === 9 || i === 10 || i === 11) continue
    const bent = cookie.slice()
    bent[3 + i]! ^= 1
    t.equal(jar.verify(bent, 3, 24, peer, 0, 4, now), 0, `octet ${i} changed`)
  }
})

t.test('timestamps wrap in 2106', async (t) => {
  const jar = new CookieJar([new Uint8Array(16)])
  const peer = parseAddress('::1')!
  const cookie = new Uint8Array(24)
  jar.write(cookie, 0, new Uint8Array(8), 0, peer, 0, 16, 2 ** 32 - 10)
  t.equal(jar.verify(cookie, 0, 24, peer, 0, 16, 2 ** 32 + 10), 1)
})
