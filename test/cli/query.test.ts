/**
 * The command line's own DNS client, against small servers that behave and misbehave.
 */

import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { decodeMessage, encodeMessage, FLAG, type Message, parseName, TYPE } from '../../src/wire/index.ts'
import { startFakeApi } from './fake-api.ts'

type Teardown = Pick<typeof t, 'teardown'>

/** answers over UDP and TCP with what `reply` makes of a question; undefined: silence */
async function startDns(
  t: Teardown,
  reply: (query: Message, transport: 'udp' | 'tcp') => Message | Uint8Array | undefined,
) {
  const answer = (octets: Uint8Array, transport: 'udp' | 'tcp'): Uint8Array | undefined => {
    const query = decodeMessage(octets)
    if ('problem' in query) return undefined
    const made = reply(query, transport)
    return made instanceof Uint8Array || made === undefined ? made : encodeMessage(made)
  }
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      const made = answer(data.subarray(2), 'tcp')
      if (made === undefined) socket.end()
      else socket.write(Buffer.concat([Buffer.of(made.length >> 8, made.length & 255), made]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (data, peer) => {
    const made = answer(data, 'udp')
    if (made !== undefined) udp.send(made, peer.port, peer.address)
  })
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve))
  t.teardown(() => {
    udp.close()
    tcp.close()
  })
  return `127.0.0.1:${port}`
}

const address = (query: Message, last: number): Message => ({
  ...query,
  flags: FLAG.QR | FLAG.AA,
  answers: [{ name: query.questions[0]!.name, type: TYPE.A, class: 1, ttl: 60, rdata: Uint8Array.of(192, 0, 2, last) }],
})

t.test('query asks once and tells the answer', async (t) => {
  const api = await startFakeApi(t)
  const server = await startDns(t, (query) => address(query, 7))
  const told = await api.run(`query www.Example --server ${server} --subnet 192.0.2.0/24`)
  t.equal(told.exit, 0, told.err)
  t.match(told.out, /NOERROR, id \d+, flags qr aa/)
  t.match(told.out, /client subnet 192\.0\.2\.0\/24, holds for \/0/)
  t.match(told.out, /www\.Example\.\t60\tIN\tA\t192\.0\.2\.7/)
  t.match(told.out, /over UDP/)
  t.equal((await api.run(`query www.example --server ${server} --short`)).out, '192.0.2.7\n')
  t.match(JSON.parse((await api.run(`query www.example --server ${server} --json`)).out), {
    rcode: 'NOERROR',
    answer: [{ type: 'A', data: '192.0.2.7' }],
  })
  t.match((await api.run(`query www.example --server ${server} --tcp`)).out, /over TCP/)
})

t.test('what was cut comes over TCP', async (t) => {
  const api = await startFakeApi(t)
  const server = await startDns(t, (query, transport) =>
    transport === 'udp' ? { ...query, flags: FLAG.QR | FLAG.TC, additionals: [] } : address(query, 8),
  )
  t.match((await api.run(`query www.example --server ${server}`)).out, /192\.0\.2\.8[\s\S]*over TCP/)
})

t.test('a reply to another question, or broken, is no reply', async (t) => {
  const api = await startFakeApi(t)
  const other = await startDns(t, (query) => ({ ...address(query, 6), id: query.id ^ 1 }))
  t.match(await api.run(`query www.example --server ${other} --timeout 200ms`), {
    exit: 1,
    err: /no answer from .* within 0\.2 s/,
  })
  const name = await startDns(t, (query) => ({
    ...address(query, 6),
    questions: [{ name: parseName('evil.example')!, type: TYPE.A, class: 1 }],
  }))
  t.match(await api.run(`query www.example --server ${name} --timeout 200ms`), { exit: 1 })
  const broken = await startDns(t, () => Uint8Array.of(1, 2, 3))
  t.match(await api.run(`query www.example --server ${broken} --timeout 200ms`), { exit: 1, err: /broken/ })
  t.match(await api.run(`query www.example --server ${broken} --tcp`), { exit: 1, err: /broken message/ })
  const silent = await startDns(t, () => undefined)
  t.match(await api.run(`query www.example --server ${silent} --tcp`), { exit: 1, err: /closed the connection/ })
})

t.test('wrong usage is told before anything is asked', async (t) => {
  const api = await startFakeApi(t)
  for (const args of [
    'query',
    'query a..b',
    'query a TYPEX',
    'query a --server here',
    'query a --subnet 192.0.2.1/24',
    'compare x',
    'compare 192.0.2.1 --samples x',
  ])
    t.equal((await api.run(args)).exit, 2, args)
})

t.test('compare lists what differs, whatever the order and the TTL', async (t) => {
  const api = await startFakeApi(t)
  const same = await startDns(t, (query) => address(query, 1))
  const odd = await startDns(t, (query) => {
    const subnet = query.additionals[0]!.rdata
    return address(query, subnet[8]! >= 128 ? 2 : 1)
  })
  const table = { 'GET /v1/records': [{ name: 'www.example.' }] }
  const equal = await api.run(`compare ${same} --server ${same} --samples 20 --type A`, table)
  t.match(equal, { exit: 0, out: /The same answers: 40 questions from 40 client networks/ })
  const differ = await api.run(`compare ${odd} --server ${same} --samples 40 --type A`, table)
  t.equal(differ.exit, 1)
  t.match(differ.out, /www\.example\. A: there 192\.0\.2\.2, here 192\.0\.2\.1\n {2}\d+ of 80 networks: /)
  t.equal(
    differ.out,
    (await api.run(`compare ${odd} --server ${same} --samples 40 --type A`, table)).out.toString(),
    'the same seed asks the same',
  )
})

t.test('compare finds a mistake that only IPv6 clients see', async (t) => {
  const api = await startFakeApi(t)
  const table = { 'GET /v1/records': [{ name: 'www.example.' }] }
  const asked: string[] = []
  // RFC 7871 6: family, source and scope prefix length, address.
  const subnetOf = (query: Message): Buffer => Buffer.from(query.additionals[0]!.rdata.subarray(4))
  const same = await startDns(t, (query) => address(query, 1))
  const old = await startDns(t, (query) => {
    const subnet = subnetOf(query)
    asked.push(`${subnet.readUInt16BE(0)}/${subnet[2]}`)
    if (subnet.readUInt16BE(0) === 2) t.equal(subnet[4]! >> 5, 1, 'of 2000::/3')
    return address(query, subnet.readUInt16BE(0) === 2 && (subnet[4]! << 8) + subnet[5]! >= 0x2a00 ? 2 : 1)
  })
  const told = await api.run(`compare ${old} --server ${same} --samples 30 --type A --json`, table)
  t.equal(told.exit, 1)
  const { differences } = JSON.parse(told.out) as { differences: { client: string }[] }
  t.ok(differences.length > 0 && differences.length < 30)
  t.ok(differences.every(({ client }) => /^2[ac]0[0-9a-f]:.*\/56$/.test(client)))
  t.same([asked.filter((one) => one === '1/24').length, asked.filter((one) => one === '2/56').length], [30, 30])
})

t.test('completion scripts are sound', async (t) => {
  const api = await startFakeApi(t)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exit, out } = await api.run(`completion ${shell}`)
    t.equal(exit, 0)
    t.match(out, /drain/)
    t.match(out, /reason/)
    if (shell === 'bash') t.doesNotThrow(() => execFileSync('bash', ['-n'], { input: out }), 'bash reads it')
  }
  t.equal((await api.run('completion tcsh')).exit, 2)
})
