/** Response rate limiting: a bucket for each network and class of answer, on virtual time. */
import t from 'tap'
import { ANSWER_CLASS, RateLimiter, type RateLimits, VERDICT } from '../../src/answer/rate-limit.ts'

const LIMITS: RateLimits = {
  rate: 10,
  burstSeconds: 2,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  entries: 1024,
  exempt: [
    { address: Uint8Array.of(127, 0, 0, 0), prefixLength: 8 },
    { address: Uint8Array.of(192, 0, 2, 0), prefixLength: 25 },
  ],
}

const v4 = (text: string): Uint8Array => Uint8Array.from(text.split('.'), Number)

/** @returns how many of `count` responses at one moment were sent, dropped, truncated */
function ask(
  limiter: RateLimiter,
  peer: Uint8Array,
  count: number,
  nowMs: number,
  answerClass = ANSWER_CLASS.positive as 1 | 2 | 3 | 4 | 5,
): number[] {
  const seen = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    seen[limiter.judge(peer, 0, peer.length as 4 | 16, answerClass, nowMs)]!++
  }
  return seen
}

t.test('a network gets its burst, then its rate; every second limited answer slips out truncated', async (t) => {
  const limiter = new RateLimiter(LIMITS, 7)
  t.same(ask(limiter, v4('198.51.100.1'), 30, 1000), [20, 5, 5], 'two seconds of 10/s at once')
  t.same(ask(limiter, v4('198.51.100.200'), 2, 1000), [0, 1, 1], 'the neighbour in the /24 shares the bucket')
  t.same(ask(limiter, v4('198.51.101.1'), 20, 1000), [20, 0, 0], 'the next /24 does not')
  t.same(ask(limiter, v4('198.51.100.1'), 20, 1500), [5, 8, 7], 'half a second earns five')
  t.same(ask(limiter, v4('198.51.100.1'), 25, 900_000), [20, 2, 3], 'a long rest earns no more than the burst')
})

t.test('classes of answers have buckets of their own', async (t) => {
  const limiter = new RateLimiter(LIMITS, 8)
  ask(limiter, v4('203.0.113.1'), 40, 0, ANSWER_CLASS.nxdomain)
  t.same(ask(limiter, v4('203.0.113.1'), 20, 0, ANSWER_CLASS.positive), [20, 0, 0])
  t.equal(ask(limiter, v4('203.0.113.1'), 1, 0, ANSWER_CLASS.nxdomain)[VERDICT.send], 0)
})

t.test('exempt networks are never limited; IPv6 counts by /56', async (t) => {
  const limiter = new RateLimiter(LIMITS, 9)
  t.same(ask(limiter, v4('127.0.0.1'), 100, 0), [100, 0, 0])
  t.same(ask(limiter, v4('192.0.2.5'), 100, 0), [100, 0, 0])
  t.equal(ask(limiter, v4('192.0.2.200'), 100, 0)[0], 20, 'the other half of the /24 is not exempt')
  const six = new Uint8Array(16)
  six.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 1])
  const sibling = Uint8Array.from(six)
  sibling[7] = 0xff
  const other = Uint8Array.from(six)
  other[6] = 1
  t.equal(ask(limiter, six, 30, 0)[0], 20)
  t.equal(ask(limiter, sibling, 30, 0)[0], 0)
  t.equal(ask(limiter, other, 30, 0)[0], 20)
})

t.test('a clock that goes back earns nothing out of turn', async (t) => {
  const limiter = new RateLimiter(LIMITS, 10)
  ask(limiter, v4('203.0.113.9'), 40, 10_000)
  t.ok(ask(limiter, v4('203.0.113.9'), 40, 9_000)[0]! <= 20)
})
