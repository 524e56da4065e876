import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { loadLibc } from '../../src/serve/libc.ts'
import { takePrecedence } from '../../src/serve/precedence.ts'

// A thread of its own: what is taken cannot be given back without a right.
const SCRIPT = `
import { parentPort, workerData } from 'node:worker_threads'
const { loadLibc } = await import(workerData.libc)
const { takePrecedence } = await import(workerData.precedence)
const { readFileSync } = await import('node:fs')
const { getPriority } = await import('node:os')
const told = takePrecedence(loadLibc())
const schedule = readFileSync('/proc/thread-self/sched', 'utf8')
parentPort.postMessage({ told, nice: getPriority(), slice: /se\\.slice *: *(\\d+)/.exec(schedule)?.[1] })
`

t.test('a worker goes before the main thread, and only the worker', async (t) => {
  const libc = loadLibc()
  if (typeof libc === 'string') {
    t.comment(`skipped: ${libc}`)
    return
  }
  const before = getPriority()
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`), {
    workerData: {
      libc: new URL('../../src/serve/libc.js', import.meta.url).href,
      precedence: new URL('../../src/serve/precedence.js', import.meta.url).href,
    },
  })
  const [told] = (await once(worker, 'message')) as [{ told?: number; nice: number; slice?: string }]
  t.equal(told.told, told.nice, 'it tells the truth')
  t.ok(told.nice === before || told.nice === Math.max(-20, before - 5), 'five steps, or none where that is not allowed')
  t.equal(getPriority(), before, 'the main thread stays what it was')
  // The kernel shows slices since 6.6 and lets them be chosen since 6.12.
  if (told.slice !== undefined && kernel() >= 6.12) t.equal(told.slice, '100000', 'its slices are short')
})

t.test('a sandbox that refuses the call changes nothing', async (t) => {
  const asked: number[] = []
  const libc = {
    sched_setattr: (attributes: Uint8Array) => {
      asked.push(new DataView(attributes.buffer).getInt32(16, true))
      return -1
    },
  } as unknown as Parameters<typeof takePrecedence>[0]
  const present = getPriority()
  t.equal(takePrecedence(libc), undefined)
  t.same(asked, [Math.max(-20, present - 5), present], 'first before the others, then among them with short slices')
})

/** @returns 6.12 for 6.12.3, comparable as long as the minor has two digits: 6.6 is 6.06 */
function kernel(): number {
  const [major, minor] = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number)
  return (major ?? 0) + (minor ?? 0) / 100
}
