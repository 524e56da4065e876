import { createSocket } from 'node:dgram'
import { decode, type StringAnswer } from 'dns-packet'
import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { startServing } from '../../src/serve/index.ts'
import { imageOf, nodeOf, question, recordOf, standingOf, worldOf } from '../answer/world.ts'

const RECORDS = 20
const SIDES = ['203.0.113', '198.51.100'] as const
const ANSWERS = 20_000

t.test('no answer is torn while records are published and the structure is replaced under load', async (t) => {
  const seed = 20261122
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  // Each record's pool has four nodes on either side, and only one side is ever in service: an answer with both is torn.
  const names = Array.from({ length: RECORDS }, (_, i) => `s${i}.torn.example.`)
  const nodesOf = (i: number, side: number): string[] => [1, 2, 3, 4].map((n) => `n${i}-${side}-${n}`)
  const nodes = names.flatMap((_, i) =>
    SIDES.flatMap((prefix, side) => nodesOf(i, side).map((name, n) => nodeOf(name, [`${prefix}.${i * 4 + n}`]))),
  )
  const standing = (i: number, side: number) =>
    standingOf(`p${i}`, [...nodesOf(i, 0), ...nodesOf(i, 1)], nodesOf(i, 1 - side))
  const world = worldOf(
    [
      {
        name: 'torn.example.',
        image: imageOf(
          'torn.example.',
          '@ 60 SOA ns1 h 1 1 1 1 1\n@ 60 NS ns1\n@ 60 NS ns2\nns1 60 A 192.0.2.1\nns2 60 A 192.0.2.2',
          new Map(names.map((name, i) => [name, i])),
        ),
      },
    ],
    names.map((name, i) => ({
      record: recordOf(name, 'torn.example.', [`p${i}`]),
      map: -1,
      classes: [{ rule: 0, order: undefined }],
    })),
    nodes,
    names.map((_, i) => standing(i, 0)),
  )
  const serving = await startServing({
    listen: [{ address: Uint8Array.of(127, 0, 0, 1), port: 0 }],
    workers: 2,
    responderModule: new URL('../../src/main/responder-thread.js', import.meta.url).href,
    init: (thread) => world.publisher.init(thread.index),
    slowDoor: async () => {},
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  t.teardown(() => serving.stop())
  const { port } = serving.addresses[0]!

  const queries = names.map((name) => question(name.slice(0, -1), 'A'))
  let answered = 0
  const torn: string[] = []
  const seen = new Set<string>()
  const sockets = Array.from({ length: 16 }, () => createSocket('udp4'))
  const ask = (socket: (typeof sockets)[number]): void => {
    const i = random.below(RECORDS)
    socket.send(queries[i]!, port, '127.0.0.1')
  }
  for (const socket of sockets) {
    socket.on('message', (message) => {
      answered++
      const { answers, questions } = decode(message)
      const i = Number(/^s(\d+)/.exec(questions?.[0]?.name ?? '')?.[1])
      const addresses = (answers ?? []).map((answer) => (answer as StringAnswer).data).sort()
      const side = SIDES.findIndex((prefix) => addresses[0]?.startsWith(prefix) === true)
      const whole = [0, 1, 2, 3].map((n) => `${SIDES[side]}.${i * 4 + n}`).sort()
      if (addresses.join() !== whole.join()) torn.push(`${i}: ${addresses.join(' ')}`)
      else seen.add(`${i}/${side}`)
      ask(socket)
    })
    for (let i = 0; i < 8; i++) ask(socket)
  }
  let publishes = 0
  let structures = 0
  while (answered < ANSWERS && torn.length === 0) {
    for (let n = 0; n < 50; n++) {
      const i = random.below(RECORDS)
      world.standings.set(`p${i}`, standing(i, publishes++ & 1))
      world.publisher.publish([`p${i}`])
    }
    if (random.below(20) === 0) {
      structures++
      const at = world.messages.length
      const { structure } = world.publisher
      world.publisher.declare({ ...structure, records: [...structure.records] }, world.steering)
      for (const message of world.messages.slice(at)) serving.post(message)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const socket of sockets) socket.close()
  t.same(torn, [])
  t.equal(seen.size, 2 * RECORDS, 'both sides of every record were seen')
  t.comment(`${answered} answers, ${publishes} publishes, ${structures} structures`)
})
