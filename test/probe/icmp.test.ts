import t from 'tap'
import { hasToken, readEchoReply, writeEchoRequest } from '../../src/probe/icmp-echo.ts'
import { outcomeOfPing, PingProgram } from '../../src/probe/icmp-ping.ts'
import { openEchoSocket } from '../../src/probe/icmp-socket.ts'
import { createProber } from '../../src/probe/index.ts'
import { target } from './origins.ts'

const TOKEN = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

t.test('an echo reply is known by type, length, sequence and token', async (t) => {
  for (const [family, replyType] of [
    [4, 0],
    [6, 129],
  ] as const) {
    const message = writeEchoRequest(family, 0xabcd, TOKEN)
    t.equal(readEchoReply(family, message), -1, 'a request is no reply')
    message[0] = replyType
    t.equal(readEchoReply(family, message), 0xabcd)
    t.ok(hasToken(message, TOKEN))
    t.notOk(hasToken(message, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9)))
    for (let length = 0; length < message.length; length++)
      t.equal(readEchoReply(family, message.subarray(0, length)), -1, `${length} octets`)
    t.equal(readEchoReply(family, new Uint8Array([...message, 0])), -1, 'an octet more')
    message[1] = 1
    t.equal(readEchoReply(family, message), -1, 'another code')
  }
})

t.test('this machine’s way of asking answers for loopback', async (t) => {
  const prober = createProber({ version: '0.0.0' })
  const way = prober.describe().icmp
  t.match(way, /^(unprivileged ICMP sockets|the program ping)/)
  const result = await prober.probe(target({ kind: 'icmp' }, { timeoutMs: 4000 }))
  if (result.class === 'local')
    t.pass('loopback answers', { skip: `neither ICMP sockets nor ping here: ${result.detail}` })
  else {
    t.equal(result.class, 'ok', `${result.detail} by ${way}`)
    t.match(result.detail, /echo reply in/)
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        prober.probe(target({ kind: 'icmp' }, { addresses: [`127.0.1.${i + 1}`], timeoutMs: 10_000 })),
      ),
    )
    t.equal(many.filter((one) => one.class === 'ok').length, 40, 'forty at once')
  }
  await prober.close()
})

t.test('one ICMP socket serves many nodes', async (t) => {
  const opened = openEchoSocket(4, undefined)
  if (opened.socket === undefined) {
    t.pass('500 echoes', { skip: `no ICMP sockets here: ${opened.why}` })
    return
  }
  // The socket itself keeps no process alive.
  const awake = setTimeout(() => {}, 20_000)
  const socket = opened.socket
  const asked = (address: string) =>
    ({
      node: 'n',
      check: target({ kind: 'icmp' }).check,
      address,
      family: 4,
      host: undefined,
      source: undefined,
    }) as const
  const outcomes = await Promise.all(
    Array.from(
      { length: 500 },
      (_, i) =>
        new Promise<string>((resolve) => {
          socket.begin(asked(`127.1.${i >> 8}.${i & 255}`), (outcome) => resolve(outcome.class))
        }),
    ),
  )
  t.equal(outcomes.filter((one) => one === 'ok').length, 500)
  socket.close()
  clearTimeout(awake)
})

t.test('what the program ping prints is told in our words', async (t) => {
  const rows: readonly [output: string, alive: boolean, expected: string][] = [
    ['64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.03 ms', true, 'ok'],
    ['1 packets transmitted, 0 received, 100% packet loss', false, 'timeout'],
    ['From 10.0.0.1 icmp_seq=1 Destination Host Unreachable', false, 'unreachable'],
    ['ping: connect: Network is unreachable', false, 'unreachable'],
    ['ping: socktype: SOCK_RAW\nping: socket: Operation not permitted', false, 'local'],
    ['ping: bind: Cannot assign requested address', false, 'local'],
    ['', false, 'local'],
    ['ping: usage error', false, 'local'],
    ['1 packets transmitted, 0 packets received, 100% packet loss', false, 'timeout'],
    ['Error: ping.probe: there was an error while executing the ping program. ', false, 'local'],
  ]
  for (const [output, alive, expected] of rows)
    t.equal(outcomeOfPing({ id: 0, alive, ms: 1, output }).class, expected, output)
})

t.test(
  'a probe that is given up keeps its place until its program ends, and a line at the gate is no evidence',
  async (t) => {
    const program = new PingProgram()
    // The program keeps no process alive.
    const awake = setTimeout(() => {}, 60_000)
    t.teardown(() => {
      clearTimeout(awake)
      program.close()
    })
    const { check } = target({ kind: 'icmp' }, { timeoutMs: 1000 })
    const asked = { node: 'a', check, address: '127.0.0.1', family: 4, host: undefined, source: undefined } as const
    const outcomes: Promise<string>[] = []
    const begin = (): { stop(): string } => {
      let settled = (_: string): void => {}
      outcomes.push(
        new Promise((resolve) => {
          settled = resolve
        }),
      )
      return program.begin(asked, ({ class: found }) => settled(found))
    }
    const first = begin()
    t.equal(first.stop(), 'the echo reply', 'alone, it is the node that is waited for')
    const inside = begin()
    for (let i = 0; i < 70; i++) begin()
    const last = begin()
    t.match(inside.stop(), /^a free place/, 'with a line it may be our own slowness')
    t.match(last.stop(), /^a free place/, 'its place went to nobody while its program runs')
    const rest = await Promise.all(outcomes.slice(2, -1))
    t.ok(new Set(rest).size === 1 && rest.length === 70, `the others have their turn: ${rest[0]}`)
  },
)
