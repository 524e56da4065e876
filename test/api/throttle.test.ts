import t from 'tap'
import { createThrottle } from '../../src/api/throttle.ts'

t.test(
  'three slips cost nothing; guessing waits; too many waiting are refused at once; an hour later all is forgotten',
  async (t) => {
    let now = 0
    const throttle = createThrottle(() => now)
    const refused: boolean[] = []
    const waiting: Promise<void>[] = []
    for (let i = 0; i < 250; i++) waiting.push(throttle.failed('192.0.2.1').then((may) => void refused.push(!may)))
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(refused.filter((one) => one).length, 250 - 3 - 200, 'refused at once')
    t.equal(refused.filter((one) => !one).length, 3, 'answered at once')
    let other = false
    void throttle.failed('192.0.2.2').then(() => {
      other = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    t.ok(other, 'somebody else is not slowed down')
    await Promise.all(waiting)
    now += 3_600_000
    t.ok(await throttle.failed('192.0.2.1'))
  },
)
