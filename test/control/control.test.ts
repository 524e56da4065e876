import t from 'tap'
import { BY_LEASE, type Outcome } from '../../src/control/index.ts'
import { ANA, bench, filesOf, PORTAL } from './bench-control.ts'

const SPEC = {
  a: ['192.0.2.14'],
  aaaa: [],
  site: 'falkenstein',
  weight: undefined,
  pools: ['germany'],
  leaseMs: undefined,
}

const status = (outcome: Outcome): string => outcome.status

t.test('a drained node is out of the answers at once, durably, and by whom is in the journal', async (t) => {
  const b = bench()
  b.pass(30_000)
  t.same(b.inService('germany'), ['de-1', 'de-2'])
  b.published.length = 0
  const outcome = b.control.setIntent(ANA, { node: 'de-1' }, 'drain', { reason: 'disk swap' })
  t.equal(outcome.status, 'done')
  t.same(b.inService('germany'), ['de-2'])
  t.same(b.published, [['germany']])
  t.equal(b.store.load().intents.get('de-1')?.reason, 'disk swap')
  const entry = b.control.events({ node: 'de-1', kind: 'write', limit: 10 }).at(-1)
  t.match(entry, {
    action: 'drain',
    author: 'ana',
    from: '192.0.2.99',
    reason: 'disk swap',
    before: { intent: 'auto' },
    after: { intent: 'drain' },
  })

  t.test('the same once more changes nothing, and says so', async (t) => {
    const generation = b.control.generation()
    t.equal(b.control.setIntent(ANA, { node: 'de-1' }, 'drain', {}).status, 'unchanged')
    t.equal(b.control.generation(), generation)
  })
  t.test('it stays out after a restart on the same database', async (t) => {
    const again = bench({ db: b.db, startMs: b.nowMs() })
    again.pass(30_000)
    t.same(again.inService('germany'), ['de-2'])
    t.equal(again.control.node('de-1')?.intent.reason, 'disk swap')
    t.equal(again.control.setIntent(ANA, { node: 'de-1' }, 'auto', {}).status, 'done')
    again.pass(120_000)
    t.same(again.inService('germany'), ['de-1', 'de-2'])
  })
})

t.test('a drain below the floor is refused with who would suffer, unless forced', async (t) => {
  const b = bench()
  b.pass(30_000)
  t.equal(status(b.control.setIntent(ANA, { node: 'de-1' }, 'drain')), 'done')
  const refused = b.control.setIntent(ANA, { node: 'de-2' }, 'drain')
  t.equal(refused.status, 'refused')
  if (refused.status === 'refused') {
    t.match(refused.harms[0]?.message, /pool germany would have no fit node left/)
    t.match(refused.harms[0]?.message, /www\.portal\.example/)
  }
  t.equal(b.control.node('de-2')?.intent.kind, 'auto')
  t.equal(status(b.control.setIntent(ANA, { node: 'de-2' }, 'drain', { force: true })), 'done')

  t.test('a forced drain says where the node is answered all the same', async (t) => {
    t.match(
      b.control.setIntent(ANA, { node: 'md-1' }, 'drain', { force: true }).message,
      /pool moldova still answers with md-1/,
    )
    b.control.setIntent(ANA, { node: 'md-1' }, 'auto')
  })
  t.test('a pool of one says which pool would take its clients', async (t) => {
    const outcome = b.control.setIntent(ANA, { node: 'md-1' }, 'disabled')
    t.equal(outcome.status, 'refused')
    if (outcome.status === 'refused') t.match(outcome.harms[0]?.message, /sent to pool germany/)
  })
  t.test('a node that is down anyway may always be drained', async (t) => {
    const down = bench()
    down.pass(30_000)
    down.pass(60_000, new Map([['md-1', 'timeout']]))
    t.equal(down.control.node('md-1')?.health, 'down')
    t.equal(status(down.control.setIntent(ANA, { node: 'md-1' }, 'drain')), 'done')
  })
})

t.test('a site drains as one, and its resume takes back drains only', async (t) => {
  const b = bench()
  b.pass(30_000)
  t.equal(status(b.control.setIntent(ANA, { site: 'falkenstein' }, 'drain')), 'refused')
  t.equal(status(b.control.setIntent(ANA, { node: 'de-2' }, 'disabled')), 'done')
  t.equal(status(b.control.setIntent(ANA, { site: 'falkenstein' }, 'drain', { force: true, reason: 'move' })), 'done')
  t.equal(b.control.node('de-2')?.intent.kind, 'drain')
  b.control.setIntent(ANA, { node: 'de-2' }, 'disabled', { force: true })
  const resumed = b.control.setIntent(ANA, { site: 'falkenstein' }, 'auto')
  t.match(resumed, { status: 'done', nodes: ['de-1'] })
  t.equal(b.control.node('de-2')?.intent.kind, 'disabled')
})

t.test('what is unknown is told with the nearest name', async (t) => {
  const b = bench()
  for (const [outcome, near] of [
    [b.control.setIntent(ANA, { node: 'de-l' }, 'drain'), 'de-1'],
    [b.control.setIntent(ANA, { site: 'chisinaw' }, 'drain'), 'chisinau'],
    [b.control.setStandby(ANA, 'germani', true), 'germany'],
    [b.control.removeNode(ANA, 'md-2'), 'md-1'],
  ] as const)
    t.match(outcome, { status: 'unknown', advice: new RegExp(near) })
})

t.test('an intent with a time ends by itself, also over a restart', async (t) => {
  const b = bench()
  b.pass(30_000)
  b.control.setIntent(ANA, { node: 'de-1' }, 'drain', { forMs: 60_000 })
  b.pass(50_000)
  t.same(b.inService('germany'), ['de-2'])
  b.pass(90_000)
  t.same(b.inService('germany'), ['de-1', 'de-2'])
  t.equal(b.store.load().intents.size, 0)
  t.match(b.control.events({ node: 'de-1', kind: 'write', limit: 10 }).at(-1), { action: 'resume', author: 'meridian' })
  b.control.setIntent(ANA, { node: 'de-1' }, 'drain', { forMs: 60_000 })
  const later = bench({ db: b.db, startMs: b.nowMs() + 3_600_000 })
  t.equal(later.control.node('de-1')?.intent.kind, 'auto')
})

t.test('a node is added, probed, answered, changed and removed', async (t) => {
  const b = bench()
  b.pass(30_000)
  t.equal(status(b.control.putNode(ANA, 'de-4', SPEC)), 'done')
  t.same(b.inService('germany'), ['de-1', 'de-2'], 'not before its checks pass')
  b.pass(120_000)
  t.same(b.inService('germany'), ['de-1', 'de-2', 'de-4'])
  t.equal(status(b.control.putNode(ANA, 'de-4', SPEC)), 'unchanged')
  t.equal(status(b.control.putNode(ANA, 'de-4', SPEC, { mustBeNew: true })), 'unchanged', 'a retried POST')
  t.equal(status(b.control.putNode(ANA, 'de-4', { ...SPEC, weight: 50 }, { mustBeNew: true })), 'conflict')
  t.equal(status(b.control.putNode(ANA, 'de-4', { ...SPEC, weight: 50 })), 'done')
  t.equal(b.control.node('de-4')?.weight, 50)
  t.equal(status(b.control.addToPool(ANA, 'moldova', 'de-4', { ...SPEC, a: [], weight: undefined })), 'done')
  t.same(
    b.control.node('de-4')?.pools.map((pool) => pool.pool),
    ['germany', 'moldova'],
  )
  const again = bench({ db: b.db, startMs: b.nowMs() })
  t.same(again.control.node('de-4')?.a, ['192.0.2.14'], 'it survives a restart')
  t.equal(status(b.control.removeNode(ANA, 'de-4')), 'done')
  t.equal(b.control.node('de-4'), undefined)
  t.same(b.inService('germany'), ['de-1', 'de-2'])
  t.equal(b.store.load().nodes.length, 0)
})

t.test('what a file declares is not redefined nor removed through the API, but weighed', async (t) => {
  const b = bench()
  for (const outcome of [b.control.putNode(ANA, 'de-1', SPEC), b.control.removeNode(ANA, 'de-1')]) {
    t.equal(outcome.status, 'conflict')
    t.match(outcome.message, /declared in zones\/portal\.yaml:10/)
  }
  t.equal(status(b.control.setWeight(ANA, { node: 'de-1' }, 7)), 'done')
  t.match(b.control.node('de-1'), { weight: 7, declaredWeight: 100 })
  t.equal(bench({ db: b.db }).control.node('de-1')?.weight, 7)
  t.equal(status(b.control.setWeight(ANA, { node: 'de-1' }, undefined)), 'done')
  t.equal(b.control.node('de-1')?.weight, 100)
})

t.test('every issue of a wrong node is told at once', async (t) => {
  const b = bench()
  const outcome = b.control.putNode(ANA, 'no spaces', {
    a: ['192.0.2.300', '192.0.2.1', '192.0.2.1'],
    aaaa: ['192.0.2.1'],
    site: 'falkenstien',
    weight: 70_000,
    pools: ['germani'],
    leaseMs: 1,
  })
  t.equal(outcome.status, 'invalid')
  if (outcome.status === 'invalid') {
    t.same(outcome.issues.map((issue) => issue.code).sort(), [
      'control/address',
      'control/address',
      'control/address',
      'control/lease',
      'control/node-name',
      'control/unknown-pool',
      'control/unknown-site',
      'control/weight',
    ])
    t.ok(outcome.issues.some((issue) => issue.advice === 'Did you mean "germany"?'))
  }
})

t.test('a write that the disk refuses changes nothing', async (t) => {
  const b = bench()
  b.pass(30_000)
  b.db.pragma('query_only = ON')
  t.throws(() => b.control.setIntent(ANA, { node: 'de-1' }, 'drain'))
  t.equal(b.control.node('de-1')?.intent.kind, 'auto')
  t.same(b.inService('germany'), ['de-1', 'de-2'])
  b.pass(60_000, new Map([['de-1', 'refused']]))
  t.same(b.inService('germany'), ['de-2'], 'health goes on without the disk')
  t.ok(b.troubles.length > 0)
  b.db.pragma('query_only = OFF')
  t.ok(
    b.control.events({ node: 'de-1', kind: 'health', limit: 10 }).length > 0,
    'and is journalled when the disk is back',
  )
})

t.test('the proof of a drain: the last answer and its TTL', async (t) => {
  const b = bench()
  b.pass(300_000)
  t.match(b.control.drainProof('de-1'), { state: 'serving' })
  b.answered.set('de-1', b.nowMs() - 20_000)
  b.control.setIntent(ANA, { node: 'de-1' }, 'drain')
  t.match(b.control.drainProof('de-1'), { state: 'waiting', ttlSeconds: 60, secondsLeft: 40 })
  b.pass(40_000)
  t.match(b.control.drainProof('de-1'), { state: 'safe', secondsLeft: 0 })
  const again = bench({ db: b.db, startMs: b.nowMs() })
  t.match(
    again.control.drainProof('de-1'),
    { state: 'waiting', secondsLeft: 20 },
    'after a restart: a TTL from the drain',
  )
  again.pass(20_000)
  t.match(again.control.drainProof('de-1'), { state: 'safe' })
})

t.test('can-drain tells what stays, pool by pool, and for which clients', async (t) => {
  const b = bench()
  b.pass(30_000)
  t.match(b.control.canDrain({ node: 'de-1' }), {
    ok: true,
    pools: [
      {
        pool: 'germany',
        floor: 1,
        fitNow: 2,
        fitAfter: 1,
        stay: ['de-2'],
        clients: [
          { record: 'www.portal.example.', clients: 'everyone' },
          { record: 'video.portal.example.', clients: 'everyone else' },
        ],
      },
    ],
  })
  t.match(b.control.canDrain({ node: 'md-1' }), {
    ok: false,
    pools: [{ pool: 'moldova', fallback: 'germany', clients: [{ clients: 'country MD' }] }],
  })
})

t.test('a lease: renewed it holds, ended it drains and leaves, and who comes back is welcome', async (t) => {
  const b = bench()
  const leased = { ...SPEC, leaseMs: 120_000 }
  b.control.putNode(ANA, 'cloud-1', leased)
  b.pass(100_000)
  const generation = b.control.generation()
  t.equal(status(b.control.putNode(ANA, 'cloud-1', leased)), 'unchanged')
  t.equal(b.control.generation(), generation, 'a renewal is no new generation')
  b.pass(100_000)
  t.ok(b.inService('germany').includes('cloud-1'))
  b.answered.set('cloud-1', b.nowMs())
  b.pass(30_000)
  t.notOk(b.inService('germany').includes('cloud-1'))
  t.match(b.control.node('cloud-1')?.intent, { kind: 'drain', author: BY_LEASE.author })
  t.match(b.control.putNode(ANA, 'cloud-1', leased).message, /is back/)
  t.equal(b.control.node('cloud-1')?.intent.kind, 'auto')
  b.answered.set('cloud-1', b.nowMs())
  b.pass(400_000)
  t.equal(b.control.node('cloud-1'), undefined, 'it left')
  t.match(b.control.events({ node: 'cloud-1', kind: 'write', limit: 100 }).at(-1), {
    action: 'remove',
    author: 'lease',
  })
})

t.test(
  'who comes back with other addresses, or without a lease, is welcome too; an intent from before is told',
  async (t) => {
    for (const change of [{ a: ['192.0.2.15'] }, { leaseMs: undefined }]) {
      const b = bench()
      const leased = { ...SPEC, leaseMs: 120_000 }
      b.control.putNode(ANA, 'cloud-1', leased)
      b.pass(60_000)
      b.answered.set('cloud-1', b.nowMs() + 60_000)
      b.pass(62_000)
      t.equal(b.control.node('cloud-1')?.intent.kind, 'drain')
      t.equal(status(b.control.putNode(ANA, 'cloud-1', { ...leased, ...change })), 'done')
      t.equal(b.control.node('cloud-1')?.intent.kind, 'auto')
    }
    const b = bench()
    b.control.putNode(ANA, 'x', SPEC)
    b.control.setIntent(ANA, { node: 'x' }, 'drain')
    t.match(b.control.putNode(ANA, 'x', { ...SPEC, weight: 5 }).message, /still under drain by ana/)
    b.control.removeNode(ANA, 'x')
    t.equal(b.control.putNode(ANA, 'x', SPEC).message, 'node x added. It is answered once its checks have passed.')
  },
)

t.test('a leased node that an operator drained leaves too; one that an operator disabled stays', async (t) => {
  const b = bench()
  for (const name of ['x', 'y']) b.control.putNode(ANA, name, { ...SPEC, leaseMs: 120_000 })
  b.pass(60_000)
  b.control.setIntent(ANA, { node: 'x' }, 'drain')
  b.control.setIntent(ANA, { node: 'y' }, 'disabled')
  b.pass(300_000)
  t.equal(b.control.node('x'), undefined)
  t.equal(b.control.node('y')?.intent.kind, 'disabled')
})

t.test('who listens cannot stop what was written', async (t) => {
  const b = bench()
  b.pass(30_000)
  b.control.subscribe(() => {
    throw new Error('a listener that fails')
  })
  t.equal(status(b.control.setIntent(ANA, { node: 'de-1' }, 'drain')), 'done')
  t.same(b.inService('germany'), ['de-2'])
  t.match(b.troubles, [/a listener that fails/])
})

t.test('reload takes up all files or none, and says what is wrong', async (t) => {
  const b = bench()
  b.pass(30_000)
  const before = b.control.generation()
  b.files = undefined
  const failed = await b.control.reload(ANA)
  t.match(failed, { status: 'invalid', issues: [{ code: 'steer/unknown-pool', line: 14 }] })
  t.equal(b.control.generation(), before)
  t.equal(b.control.health().status, 'degraded')
  t.equal(b.control.health().reload.ok, false)
  b.files = PORTAL
  t.equal(status(await b.control.reload(ANA)), 'unchanged')
  t.equal(b.control.health().reload.ok, true)
  b.files = PORTAL.replace('de-2: { a: 192.0.2.12', 'de-2: { a: 192.0.2.13')
  t.equal(status(await b.control.reload(ANA)), 'done')
  t.same(b.control.node('de-2')?.a, ['192.0.2.13'])
  t.equal(b.control.generation(), before + 1)
})

t.test(
  'an added node that a file declares later leaves the database, and keeps what the operator said of it',
  async (t) => {
    const b = bench()
    b.control.putNode(ANA, 'de-4', SPEC)
    b.pass(60_000)
    b.control.setIntent(ANA, { node: 'de-4' }, 'drain', { reason: 'kernel' })
    b.files = PORTAL.replace('nodes: [de-1, de-2]', 'nodes: [de-1, de-2, de-4]').replace(
      'md-1: { a',
      'de-4: { a: 192.0.2.14 }\n  md-1: { a',
    )
    t.equal(status(await b.control.reload(ANA)), 'done')
    t.equal(b.store.load().nodes.length, 0)
    t.match(b.control.node('de-4'), { added: false, intent: { kind: 'drain', reason: 'kernel' } })
  },
)

t.test('a pool that goes away leaves its added node standing, with a warning', async (t) => {
  const b = bench()
  b.control.putNode(ANA, 'md-2', { ...SPEC, pools: ['moldova'] })
  b.files = PORTAL.replace(/ {2}moldova:.*\n/, '').replace(/ {6}- \{ country.*\n/, '')
  t.match(await b.control.reload(ANA, { force: true }), { status: 'done' })
  t.ok(b.control.health().reload.issues.some((issue) => issue.code === 'control/lost-pool'))
  t.same(b.control.node('md-2')?.pools, [])
})

t.test('the brake holds a reload that takes away too much', async (t) => {
  const nodes = Array.from({ length: 12 }, (_, i) => `n-${i}`)
  const text = (names: readonly string[]): string => `
zone: portal.example
nodes:
${names.map((name, i) => `  ${name}: { a: 203.0.113.${i + 1} }`).join('\n')}
pools:
  all: { nodes: [${names.join(', ')}] }
records:
  www: all
`
  const b = bench({ files: text(nodes) })
  b.files = text(nodes.slice(4))
  const held = await b.control.reload(ANA)
  t.match(held, { status: 'refused', harms: [{ code: 'brake-nodes' }] })
  t.equal(b.control.steering().nodes.size, 12)
  t.ok(b.control.health().reload.held.length > 0)
  b.files = text(nodes.slice(3))
  t.equal(status(await b.control.reload(ANA)), 'done', 'a quarter passes')
  t.same(b.control.health().reload.held, [])
  b.files = text(nodes.slice(8))
  t.equal(status(await b.control.reload(ANA, { force: true })), 'done', 'force passes')

  t.test('so does one that loses a third of a zone, and one that empties a pool in use', async (t) => {
    const b = bench()
    b.pass(30_000)
    b.staticRecords = 12
    t.match(await b.control.reload(ANA), { status: 'refused', harms: [{ code: 'brake-records' }] })
    b.staticRecords = 20
    b.files = PORTAL.replace('nodes: [de-1, de-2]', 'nodes: [de-9]').replace(
      'md-1: { a',
      'de-9: { a: 192.0.2.19 }\n  md-1: { a',
    )
    t.match(await b.control.reload(ANA), { status: 'refused', harms: [{ code: 'pool-emptied', pool: 'germany' }] })
  })
})

t.test('a reload to be confirmed goes back by itself, or stays when somebody says so', async (t) => {
  const b = bench()
  b.files = PORTAL.replace('de-2: { a: 192.0.2.12', 'de-2: { a: 192.0.2.13')
  t.equal(status(await b.control.reload(ANA, { confirmWithinMs: 600_000 })), 'done')
  t.ok(b.control.health().reload.confirmBy)
  b.pass(590_000)
  t.same(b.control.node('de-2')?.a, ['192.0.2.13'])
  b.pass(20_000)
  t.same(b.control.node('de-2')?.a, ['192.0.2.12'])
  t.match(b.control.events({ kind: 'reload', limit: 1 }), [{ action: 'went-back' }])
  await b.control.reload(ANA, { confirmWithinMs: 600_000 })
  t.equal(status(b.control.confirmReload(ANA)), 'done')
  b.pass(700_000)
  t.same(b.control.node('de-2')?.a, ['192.0.2.13'])
  t.equal(status(b.control.confirmReload(ANA)), 'unchanged')
})

t.test('a plan tells what would change, and changes nothing', async (t) => {
  const b = bench()
  b.files = PORTAL.replace('{ country: [MD], pool: moldova }', '{ country: [MD, RO], pool: moldova }')
    .replace('de-2: { a: 192.0.2.12', 'de-2: { a: 192.0.2.13')
    .replace('nodes: [de-1, de-2]', 'nodes: [de-2]')
  const planned = await b.control.plan()
  t.ok('plan' in planned)
  if (!('plan' in planned)) return
  t.match(planned.plan, {
    empty: false,
    nodes: { changed: [{ name: 'de-2', what: ['addresses'] }] },
    pools: { changed: [{ name: 'germany', what: ['members'] }] },
    records: { changed: [{ name: 'video.portal.example.', what: ['rules'] }] },
    moves: [{ record: 'video.portal.example.', clients: 'country RO', from: 'germany', to: 'moldova' }],
  })
  t.match(planned.plan.warnings, [/germany loses its redundancy/])
  t.same(b.control.node('de-2')?.a, ['192.0.2.12'])
  t.same(filesOf(PORTAL).steering.nodes.size, b.control.steering().nodes.size)
})

t.test('health is one word with reasons', async (t) => {
  const b = bench()
  b.pass(60_000)
  t.match(b.control.health(), { status: 'ok', reasons: [] })
  b.pass(60_000, new Map([['de-1', 'timeout']]))
  t.match(b.control.health(), { status: 'degraded', reasons: [/node de-1 is down/] })
  b.pass(
    60_000,
    new Map([
      ['de-1', 'timeout'],
      ['md-1', 'timeout'],
    ]),
  )
  t.equal(b.control.health().status, 'critical')
})
