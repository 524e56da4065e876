import { readFileSync } from 'node:fs'
import t from 'tap'
import { exportText, readSteering, type Steering } from '../../src/steer/index.ts'
import { ANA, bench } from './bench-control.ts'

/** Everything but where it was declared, as text. */
function essence(steering: Steering): string {
  return JSON.stringify(
    [steering.nodes, steering.sites, steering.checks, steering.pools, steering.records, steering.schedules].map((map) =>
      [...(map as ReadonlyMap<string, object>)].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    (key, value: unknown) => (key === 'origin' ? undefined : value instanceof Uint8Array ? [...value] : value),
    1,
  )
}

const again = (steering: Steering) => readSteering([{ file: 'export.yaml', text: exportText(steering) }])

for (const files of [
  ['zones/portal.yaml'],
  ['zones/examples/shop.yaml'],
  ['zones/examples/three-lines.yaml'],
  ['zones/portal.yaml', 'zones/examples/shop.yaml'],
])
  t.test(`${files.join(' and ')}: what is exported loads, and is the same`, async (t) => {
    // Two files may each have a check of the same name; the export is of what is in force.
    const read = readSteering(
      files.map((file, i) => ({ file, text: readFileSync(file, 'utf8').replace(/\bweb\b/g, `web${i}`) })),
    )
    t.same(
      read.issues.filter((issue) => issue.severity === 'error'),
      [],
    )
    const { steering, issues } = again(read.steering)
    t.same(
      issues.filter((issue) => issue.severity === 'error'),
      [],
    )
    t.equal(essence(steering), essence(read.steering))
  })

t.test('a node that was added through the API is exported as a declared one', async (t) => {
  const b = bench()
  b.control.putNode(ANA, 'de-4', {
    a: ['192.0.2.14'],
    aaaa: ['2001:db8::14'],
    site: 'falkenstein',
    weight: 7,
    pools: ['germany'],
    leaseMs: undefined,
  })
  const { steering } = again(b.control.steering())
  t.match(steering.nodes.get('de-4'), { weight: 7, site: 'falkenstein', origin: { kind: 'file' } })
  t.ok(steering.pools.get('germany')?.members.some((member) => member.node === 'de-4'))
})
