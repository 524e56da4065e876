import { readFileSync } from 'node:fs'
import t from 'tap'
import { printIssue } from '../../src/base/index.ts'
import { readSteering } from '../../src/steer/index.ts'

for (const file of ['zones/portal.yaml', 'zones/examples/three-lines.yaml', 'zones/examples/shop.yaml']) {
  t.test(`${file} is without issues`, async (t) => {
    const { issues } = readSteering([{ file, text: readFileSync(file, 'utf8') }])
    t.same(issues.filter(({ severity }) => severity !== 'note').map(printIssue), [])
  })
}
