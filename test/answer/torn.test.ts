/**
 * Threads answer while the main thread publishes as fast as it can, changes the structure and runs the region full: every answer is
 * of one piece.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import t from 'tap'
import type { StructureMessage } from '../../src/answer/index.ts'
import { seededRandom } from '../../src/base/index.ts'
import type { PoolStanding } from '../../src/policy/index.ts'
import { imageOf, nodeOf, question, recordOf, standingOf, worldOf } from './world.ts'

const GROUPS = 6
/** every thread answers at least so many batches of 64 while publishing goes on */
const BATCHES = 500

t.test('concurrent publishes never tear an answer', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  const groups = Array.from({ length: GROUPS }, (_, k) => Array.from({ length: 8 }, (_, i) => `g${k}-${i}`))
  const nodes = groups.flatMap((names, k) => names.map((name, i) => nodeOf(name, [`10.${k}.${i}.${k}`])))
  const all = groups.flat()
  /** only group k is in the answers */
  const standing = (k: number): PoolStanding =>
    standingOf(
      'p',
      all,
      all.filter((name) => !groups[k]!.includes(name)),
    )
  const record = (k: number) => recordOf('www.test.', 'test.', ['p'], { ttl: { maxSeconds: k + 1, minSeconds: k + 1 } })
  const image = imageOf(
    'test.',
    '@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1',
    new Map([['www.test.', 0]]),
  )
  const compiled = (k: number) => [{ record: record(k), map: -1, classes: [{ rule: 0, order: undefined }] }]
  const world = worldOf([{ name: 'test.', image }], compiled(0), nodes, [standing(0)])
  // words 0: 1 ends the threads; 1 + thread: batches that it has answered
  const stop = new Int32Array(new SharedArrayBuffer(16))
  const ports: { postMessage(message: StructureMessage): void; close(): void }[] = []
  const threads = [0, 1, 2].map((thread) => {
    const { port1, port2 } = new MessageChannel()
    ports.push(port1)
    const query = question('www.test', 'A')
    return new Worker(new URL('./torn-thread.js', import.meta.url), {
      workerData: { init: world.publisher.init(thread), query, port: port2, stop, thread },
      transferList: [port2],
    })
  })
  const results = threads.map(
    (thread) =>
      new Promise<{ answers: number; torn: string | undefined; groups: number }>((resolve, reject) => {
        thread.once('message', resolve)
        thread.once('error', reject)
      }),
  )
  world.post = (message) => {
    for (const port of ports) port.postMessage(message)
  }
  t.setTimeout(240_000)
  let ended = false
  for (const result of results)
    void result.finally(() => {
      ended = true
    })
  const busy = (): boolean => !ended && [1, 2, 3].some((word) => Atomics.load(stop, word) < BATCHES)
  let publishes = 0
  for (let i = 0; busy(); i++) {
    publishes++
    world.standings.set('p', standing(random.below(GROUPS)))
    world.publisher.publish(['p'])
    if (i % 200 === 0) {
      world.declare(compiled(random.below(GROUPS)))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  Atomics.store(stop, 0, 1)
  t.ok(publishes > 200, `${publishes} publishes`)
  for (const { answers, torn, groups: seen } of await Promise.all(results)) {
    t.equal(torn, undefined, 'every answer is of one group')
    t.ok(answers > 0 && seen > 1, `${answers} answers, ${seen} groups seen`)
  }
  for (const port of ports) port.close()
  await Promise.all(threads.map((thread) => thread.terminate()))
})
