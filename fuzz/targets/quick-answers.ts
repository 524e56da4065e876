/**
 * The quick path against the whole one: bent queries, each asked three times of two responders over equal worlds, one with the quick
 * path and one without. The answers are the same to the octet, and so are the counters.
 */
import { twins } from '../../test/answer/twins.ts'
import { NO_LIMITS } from '../../test/answer/world.ts'
import type { Target } from '../target.ts'
import { target as respond } from './respond.ts'

const OPEN = twins()
/** One pair limits rates, and lets every second limited response slip. */
const LIMITED = twins({ ...NO_LIMITS, rate: 3, burstSeconds: 2, slip: 2 })
const PEERS = [
  Uint8Array.of(203, 0, 113, 9),
  Uint8Array.of(198, 51, 100, 1),
  Uint8Array.from({ length: 16 }, (_, i) => [0x20, 1, 0xd, 0xb8][i] ?? 0),
]
let nowMs = 1_800_000_000_000
let asked = 0

export const target: Target = {
  name: 'quick-answers',
  corpus: respond.corpus,
  ...(respond.dictionary === undefined ? {} : { dictionary: respond.dictionary }),
  check(input, random) {
    if (input.length > 4096) return
    const pair = random.below(4) === 0 ? LIMITED : OPEN
    if (random.below(8) === 0) {
      nowMs += random.below(500)
      pair.setNow(nowMs)
    }
    for (let i = 0; i < 3; i++) pair.ask(input, PEERS[random.below(PEERS.length)]!)
    if (++asked % 500 === 0) for (const each of [OPEN, LIMITED]) each.compareCounters()
  },
}
