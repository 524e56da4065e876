import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { printIssue } from '../../src/base/index.ts'
import { readSteering, steeringJsonSchema } from '../../src/steer/index.ts'

const EXAMPLES = [
  { zone: 'portal.example', steering: 'zones/portal.yaml', master: 'zones/portal.example.zone' },
  { zone: 'example.com', steering: 'zones/examples/three-lines.yaml', master: 'zones/examples/example.com.zone' },
  { zone: 'shop.example', steering: 'zones/examples/shop.yaml', master: 'zones/examples/shop.example.zone' },
]

for (const { zone, steering: file, master } of EXAMPLES) {
  t.test(`${file} is without issues, and so is its master file`, async (t) => {
    const { issues, steering } = readSteering([{ file, text: readFileSync(file, 'utf8') }])
    t.same(issues.filter(({ severity }) => severity !== 'note').map(printIssue), [])
    t.ok([...steering.records.values()].every((record) => record.zone === `${zone}.`))
    const checked = spawnSync('named-checkzone', [zone, master], { encoding: 'utf8' })
    if (checked.error !== undefined) t.comment('skipped: named-checkzone is not installed')
    else t.equal(checked.status, 0, checked.stdout)
  })
}

t.test('the three-line file means what the contract says', async (t) => {
  const file = 'zones/examples/three-lines.yaml'
  const { steering } = readSteering([{ file, text: readFileSync(file, 'utf8') }])
  t.match(steering.records.get('www.example.com.'), { zone: 'example.com.', rules: [{ pool: 'www.example.com' }] })
  t.match(steering.pools.get('www.example.com'), {
    members: [{ node: '192.0.2.1' }, { node: '192.0.2.2' }],
    check: 'www.example.com',
    minInService: { percent: 50 },
  })
  t.match(steering.checks.get('www.example.com'), { probe: { kind: 'https', port: 443, path: '/', verify: true } })
  t.same([...steering.nodes.keys()], ['192.0.2.1', '192.0.2.2'])
})

t.test('zones/steering.schema.json is fresh (else: npm run build && node bin/steering-schema.mjs)', async (t) => {
  t.same(
    JSON.parse(readFileSync('zones/steering.schema.json', 'utf8')),
    JSON.parse(JSON.stringify(steeringJsonSchema())),
  )
})
