import t from 'tap'
import {
  type Choice,
  choose,
  type MemberStanding,
  type PoolPolicy,
  type PoolStanding,
  poolsOf,
  type SteeredRecord,
  tell,
} from '../../src/policy/index.ts'
import { readSteering } from '../../src/steer/index.ts'

const { steering } = readSteering([
  {
    file: 'choose.yaml',
    text: `
zone: example.com
nodes: { a: 192.0.2.1, b: 192.0.2.2, m: 192.0.2.3, x: 192.0.2.4 }
pools: { home: { nodes: [m], fallback: world }, world: [a, b], last: [x] }
records:
  www: world
  video: { rules: [{ country: MD, pool: home }, { pool: world }] }
  strict: { strict: true, rules: [{ country: MD, pool: home }, { pool: world }] }
  near: { pool: world, pick: nearest }
`,
  },
])
const record = (name: string): SteeredRecord => steering.records.get(`${name}.example.com.`)!

/** "a b! c- d? (e)": fit, kept though not fit, out, never tried, drained and out; "a*3" has weight 3 */
function pool(name: string, text: string, more: Partial<PoolStanding> = {}): PoolStanding {
  const members = text
    .split(' ')
    .filter((word) => word !== '')
    .map((word): MemberStanding => {
      const [, drained, node, weight, mark] = /^(\()?([a-z]+)(?:\*([\d.]+))?\)?([!?-]?)$/.exec(word)!
      const fit = mark === '' && drained === undefined
      return {
        node: node!,
        health: fit ? 'up' : mark === '?' ? 'pending' : 'down',
        intent: drained === undefined ? 'auto' : 'drain',
        fit,
        inService: fit || mark === '!',
        kept: mark === '!',
        share: 1,
        weight: Number(weight ?? 100),
        badMs: 0,
        why: fit ? 'up' : 'down since 12:00:00',
      }
    })
  const fit = members.filter((member) => member.fit).length
  return { pool: name, condition: fit === 0 ? 'all-down' : 'normal', members, unsettled: false, lastGood: [], ...more }
}

function decide(
  name: string,
  rule: number,
  standings: readonly PoolStanding[],
  policies: Readonly<Record<string, Partial<PoolPolicy>>> = {},
  order?: string[],
): Choice {
  const byName = new Map(standings.map((standing) => [standing.pool, standing]))
  return choose(
    record(name),
    rule,
    order,
    (one) => byName.get(one),
    (one) => ({ ...steering.pools.get(one)!, ...policies[one] }),
  )
}

const brief = (choice: Choice): string =>
  `${choice.mode} ${choice.pool}: ${choice.nodes.map(({ node }) => node).join(' ')}${choice.kept ? ' kept' : ''} ${choice.ttlSeconds}s`

t.test('who serves', async (t) => {
  const up = pool('world', 'a b')
  const rows: readonly (readonly [title: string, choice: Choice, wanted: string])[] = [
    ['everyone is fit: all, with the calm TTL', decide('www', 0, [up]), 'answer world: a b 60s'],
    ['one is out', decide('www', 0, [pool('world', 'a b-')]), 'answer world: a 60s'],
    [
      'one is in doubt: the short TTL',
      decide('www', 0, [pool('world', 'a b', { unsettled: true })]),
      'answer world: a b 10s',
    ],
    [
      'below the floor: the least bad stays, marked',
      decide('www', 0, [pool('world', 'a b!', { condition: 'below-floor' })]),
      'answer world: a b kept 10s',
    ],
    ['a rule of its own pool', decide('video', 0, [pool('home', 'm'), up]), 'answer home: m 60s'],
    [
      'no fit node: the fallback, with the short TTL',
      decide('video', 0, [pool('home', 'm-'), up]),
      'answer world: a b 10s',
    ],
    ['drained counts as no fit node', decide('video', 0, [pool('home', '(m)'), up]), 'answer world: a b 10s'],
    ['a pool without nodes falls back, too', decide('video', 0, [pool('home', ''), up]), 'answer world: a b 10s'],
    ['strict: stays at home, all of it', decide('strict', 0, [pool('home', 'm-'), up]), 'answer home: m kept 10s'],
    [
      'everything is down: all of the own pool',
      decide('video', 0, [pool('home', 'm-'), pool('world', 'a- b-')]),
      'answer home: m kept 10s',
    ],
    [
      'everything is down: a node that has never passed its checks is no help',
      decide('www', 0, [pool('world', 'a- b?')]),
      'answer world: a kept 10s',
    ],
    ['all are new: all of them', decide('www', 0, [pool('world', 'a? b?')]), 'answer world: a b kept 10s'],
    [
      'all_down: fallback means all of the last pool',
      decide('video', 0, [pool('home', 'm-'), pool('world', 'a- b-')], { home: { allDown: 'fallback' } }),
      'answer world: a b kept 10s',
    ],
    [
      'all_down: fallback without one is all',
      decide('www', 0, [pool('world', 'a- b-')], { world: { allDown: 'fallback' } }),
      'answer world: a b kept 10s',
    ],
    [
      'all_down: last-good',
      decide('www', 0, [pool('world', 'a- b-', { lastGood: ['b'] })], { world: { allDown: 'last-good' } }),
      'answer world: b kept 10s',
    ],
    [
      'last-good without a memory is all',
      decide('www', 0, [pool('world', 'a- b-')], { world: { allDown: 'last-good' } }),
      'answer world: a b kept 10s',
    ],
    [
      'all_down: nodata',
      decide('www', 0, [pool('world', 'a- b-')], { world: { allDown: 'nodata' } }),
      'nodata world:  10s',
    ],
    [
      'all_down: servfail',
      decide('www', 0, [pool('world', 'a- b-')], { world: { allDown: 'servfail' } }),
      'servfail world:  10s',
    ],
    ['sick nodes before drained ones', decide('www', 0, [pool('world', '(a) b-')]), 'answer world: b kept 10s'],
    ['drained ones before none', decide('www', 0, [pool('world', '(a) (b)')]), 'answer world: a b kept 10s'],
    [
      'fallbacks in a circle end',
      decide('www', 0, [pool('world', 'a- b-'), pool('home', 'm-')], { world: { fallback: 'home' } }),
      'answer world: a b kept 10s',
    ],
    [
      'a chain of fallbacks',
      decide('video', 0, [pool('home', 'm-'), pool('world', 'a- b-'), pool('last', 'x')], {
        world: { fallback: 'last' },
      }),
      'answer last: x 10s',
    ],
    [
      'nearest: in the client order, the unknown ones last',
      decide('near', 0, [up], {}, ['b']),
      'answer world: b a 60s',
    ],
    ['no nodes anywhere: no answer, rather than a lie', decide('www', 0, [pool('world', '')]), 'servfail world:  10s'],
    ['control knows nothing yet', decide('www', 0, []), 'servfail world:  10s'],
  ]
  for (const [title, choice, wanted] of rows) t.equal(brief(choice), wanted, title)
})

t.test('weights are multiplied by the slow-start share', async (t) => {
  const standing = pool('world', 'a*30 b*10')
  const warming = {
    ...standing,
    members: standing.members.map((one) => ({ ...one, share: one.node === 'b' ? 0.5 : 1 })),
  }
  t.same(decide('www', 0, [warming]).nodes, [
    { node: 'a', weight: 30 },
    { node: 'b', weight: 5 },
  ])
})

t.test('the steps are told in sentences', async (t) => {
  const choice = decide('video', 0, [pool('home', 'm-'), pool('world', 'a b-')])
  t.equal(
    choice.steps.map(tell).join('\n'),
    [
      'rule 1 of video.example.com. takes clients in MD and sends them to pool home',
      'no node of pool home is fit: its fallback world is asked',
      'pool world is in order',
      '  in   a, weight 100: up',
      '  out  b: down since 12:00:00',
      'something may change soon: TTL 10 s, so that resolvers come back early',
    ].join('\n'),
  )
})

t.test('the pools that can change an answer', async (t) => {
  t.same(poolsOf(record('video'), steering.pools), ['home', 'world'])
  t.same(poolsOf(record('www'), steering.pools), ['world'])
  t.same(
    poolsOf({ ...record('strict'), rules: record('strict').rules.slice(0, 1) }, steering.pools),
    ['home'],
    'strict never spills',
  )
})
