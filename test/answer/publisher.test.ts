/** What the writing side puts in force, when a query sees it, and what it takes back only after everybody has passed on. */
import { decode } from 'dns-packet'
import t from 'tap'
import { type CompiledRecord, Publisher, type QueryResponder, type StructureMessage } from '../../src/answer/index.ts'
import { CONTROL } from '../../src/answer/region.ts'
import {
  ask,
  imageOf,
  NO_LIMITS,
  nodeOf,
  question,
  recordOf,
  SETTINGS,
  standingOf,
  type TestWorld,
  worldOf,
} from './world.ts'

const ZONE = '@ 60 SOA ns1 h 7 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1'
const NODES = ['a', 'b', 'c'].map((name, i) => nodeOf(name, [`203.0.113.${i}`]))

function compiled(name: string, pools: readonly string[]): CompiledRecord {
  return { record: recordOf(name, 'test.', pools), map: -1, classes: [{ rule: 0, order: undefined }] }
}

/** www asks pool one, api pool two. */
function twoPools(): TestWorld {
  const records = [compiled('www.test.', ['one']), compiled('api.test.', ['two'])]
  const steered = new Map(records.map(({ record }, i) => [record.name, i]))
  return worldOf([{ name: 'test.', image: imageOf('test.', ZONE, steered) }], records, NODES, [
    standingOf('one', ['a', 'b']),
    standingOf('two', ['c']),
  ])
}

function addresses(responder: QueryResponder, name = 'www.test'): string[] {
  const bytes = ask(responder, question(name, 'A')) as Uint8Array
  return decode(Buffer.from(bytes))
    .answers!.map((answer) => (answer as { data: string }).data)
    .sort()
}

t.test('a change of health is seen by the next query, and costs the records of its pools only', async (t) => {
  const world = twoPools()
  const responder = world.responder(0)
  t.same(addresses(responder), ['203.0.113.0', '203.0.113.1'])
  const { generation } = world.publisher
  const messages = world.messages.length
  world.standings.set('one', standingOf('one', ['a', 'b'], ['a']))
  t.equal(world.publisher.publish(['one']), 1, 'one record of two')
  t.same(addresses(responder), ['203.0.113.1'])
  t.same(addresses(responder, 'api.test'), ['203.0.113.2'])
  t.equal(world.publisher.generation, generation + 1)
  t.equal(world.messages.length, messages, 'no thread gets a message for it')
  t.equal(world.publisher.publish(['nosuch']), 0)
  t.equal(world.publisher.generation, generation + 1, 'what changes nothing is no generation')
})

t.test('a thread within a batch keeps its blocks, however much is published meanwhile', async (t) => {
  const world = twoPools()
  const reader = world.responder(0)
  const other = world.responder(1)
  reader.enter()
  const seen = world.publisher.generation
  t.equal(world.publisher.generationOf(0), seen)
  const region = world.publisher.init(0).parts.region
  for (let i = 0; i < 2000; i++) {
    world.standings.set('one', standingOf('one', ['a', 'b'], i % 2 === 0 ? ['a'] : ['b']))
    world.publisher.publish(['one'])
    if (i % 100 === 0 && addresses(other).join() !== `203.0.113.${i % 2 === 0 ? 1 : 0}`)
      t.fail(`change ${i} is not seen`)
  }
  t.not(
    world.publisher.init(0).parts.region,
    region,
    'no room was left beside what it may read: there is a larger region',
  )
  t.equal(world.publisher.generationOf(0), seen, 'it is where it was')
  reader.leave()
  t.equal(world.publisher.generationOf(0), world.publisher.generation, 'who waits for queries is not behind')
  const now = world.publisher.init(0).parts.region
  for (let i = 0; i < 2000; i++) {
    world.standings.set('one', standingOf('one', ['a', 'b'], i % 2 === 0 ? ['a'] : ['b']))
    world.publisher.publish(['one'])
  }
  t.equal(world.publisher.init(0).parts.region, now, 'with nobody within, blocks go round and the region stays')
  t.same(addresses(reader), ['203.0.113.0'])
})

t.test('a structure is told before it is in force', async (t) => {
  const order: string[] = []
  const control: Int32Array[] = []
  const publisher = new Publisher(
    { threads: 2, settings: SETTINGS, limits: NO_LIMITS, seed: 1 },
    {
      standing: () => undefined,
      post: ({ structure }: StructureMessage) => {
        order.push(`message ${structure}, in force ${Atomics.load(control[0]!, CONTROL.structure)}`)
      },
    },
  )
  control.push(new Int32Array(publisher.init(0).control))
  const first = publisher.init(0).structure
  const image = imageOf('test.', ZONE)
  publisher.declare(
    { zones: [{ name: 'test.', image, expired: false }], maps: [], records: [], countries: undefined },
    twoPools().steering,
  )
  t.same(order, [`message ${first + 1}, in force ${first}`])
  t.equal(publisher.init(0).structure, first + 1)
})

t.test('a node that got another address is answered with it; nothing else is compiled again', async (t) => {
  const world = twoPools()
  const responder = world.responder(0)
  const { generation, structure } = world.publisher
  const moved = new Map([...world.steering.nodes, ['c', nodeOf('c', ['203.0.113.77'])]])
  world.publisher.declare(structure, { ...world.steering, nodes: moved })
  t.same(addresses(responder, 'api.test'), ['203.0.113.77'])
  t.same(addresses(responder), ['203.0.113.0', '203.0.113.1'])
  t.equal(world.publisher.generation, generation + 1)
})

t.test('a serial of its own stands in the SOA from the next query on, over a new structure too', async (t) => {
  const world = twoPools()
  const responder = world.responder(0)
  const serial = (): number => {
    const bytes = ask(responder, question('test', 'SOA')) as Uint8Array
    return (decode(Buffer.from(bytes)).answers![0] as unknown as { data: { serial: number } }).data.serial
  }
  t.equal(serial(), 7)
  world.publisher.setSerial('test.', 4_000_000_000)
  t.equal(serial(), 4_000_000_000)
  world.publisher.setSerial('nosuch.', 5)
  world.declare([])
  t.equal(serial(), 4_000_000_000)
  world.publisher.setSerial('test.', undefined)
  t.equal(serial(), 7)
})

t.test('the safe view is the last rule, all of its nodes', async (t) => {
  const world = worldOf(
    [{ name: 'test.', image: imageOf('test.', ZONE, new Map([['www.test.', 0]])) }],
    [
      {
        record: { ...recordOf('www.test.', 'test.', ['one', 'two'], { pick: 'failover' }) },
        map: -1,
        classes: [{ rule: 0, order: undefined }],
      },
    ],
    NODES,
    [standingOf('one', ['a']), standingOf('two', ['b', 'c'])],
  )
  t.same(
    world.publisher.safeView(0)?.a.map(({ node }) => node),
    ['b', 'c'],
  )
  t.equal(world.publisher.safeView(9), undefined)
})

t.test('counts go on over another load of the same names', async (t) => {
  const world = twoPools()
  const responder = world.responder(0)
  addresses(responder)
  world.declare([compiled('www.test.', ['one']), compiled('api.test.', ['two'])])
  addresses(responder)
  t.same(
    world.publisher.counters().answers.find(({ record }) => record === 'www.test.'),
    { record: 'www.test.', pool: 'one', count: 2 },
  )
})
