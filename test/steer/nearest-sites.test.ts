import t from 'tap'
import { nearestSites, readSteering } from '../../src/steer/index.ts'

t.test('only sites that can serve a rule are told apart; a country stands in for coordinates', async (t) => {
  const { steering } = readSteering([
    {
      file: 'f.yaml',
      text: `
zone: a.b
sites: { b: { at: [52, 13] }, m: { country: MD }, x: {}, far: { at: [1, 1] } }
nodes: { n1: { a: 192.0.2.1, site: b }, n2: { a: 192.0.2.2, site: m }, n3: { a: 192.0.2.3, site: x }, n4: 192.0.2.4, n5: { a: 192.0.2.5, site: far } }
pools: { p: { nodes: [n1, n3, n4], fallback: q }, q: [n2, n1], other: [n5] }
records:
  www: { pick: nearest, rules: [{ country: MD, pool: q }, { pool: p }] }
  strict: { pick: nearest, strict: true, pool: p }
`,
    },
  ])
  const www = steering.records.get('www.a.b.')!
  const at = {
    b: { name: 'b', at: { latitude: 52, longitude: 13 } },
    m: { name: 'm', at: { latitude: 47, longitude: 29 } },
    x: { name: 'x', at: undefined },
  }
  t.same(nearestSites(www, 0, steering), [at.m, at.b])
  t.same(nearestSites(www, 1, steering), [at.b, at.x, at.m], 'the fallback, too')
  t.same(nearestSites(steering.records.get('strict.a.b.')!, 0, steering), [at.b, at.x], 'strict has no fallback')
})
