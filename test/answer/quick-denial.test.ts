/** What the quick path denies, the whole one would: names around apexes, in zones beside and below each other. */
import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { imagesOf, type richWorld } from './rich-world.ts'
import { twins } from './twins.ts'
import { question, worldOf } from './world.ts'

const PEER = Uint8Array.of(198, 51, 100, 1)
const SOA = '@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n'

const nested: typeof richWorld = (limits) => {
  const world = worldOf(
    imagesOf([
      { name: 'a.', text: SOA },
      { name: 'b.a.', text: `${SOA}deep.er 60 A 192.0.2.1\nx.y 60 NS ns\n` },
      { name: 'ab.', text: `${SOA}* 60 A 192.0.2.2\n` },
      { name: 'dn.', text: '@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns.a.\n@ 60 DNAME b.a.\n' },
      { name: 'w.example.', text: `${SOA}*.s 60 A 192.0.2.3\nplain 60 A 192.0.2.4\n` },
    ]),
    [],
    [],
    [],
    [],
    limits,
  )
  return { world, responder: world.responder(1) }
}

t.test('names around several apexes are denied as the whole path denies them', async (t) => {
  const seed = 11
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const pair = twins(undefined, nested)
  const labels = ['a', 'b', 'x', 'y', 's', 'er', 'deep', 'plain', 'ns', 'nobody', 'ab', 'w', 'B', 'Deep']
  const apexes = ['a', 'b.a', 'ab', 'dn', 'w.example', 'example', 'xb.a', 'c']
  let quick = 0
  for (let i = 0; i < 6000; i++) {
    const name = [
      ...Array.from({ length: random.below(4) }, () => labels[random.below(labels.length)]!),
      apexes[i % 300 < 200 ? ((i / 300) | 0) % apexes.length : random.below(apexes.length)]!,
    ].join('.')
    if (pair.ask(question(name, ['A', 'AAAA', 'TXT', 'DS'][random.below(4)]!), PEER).wasQuick) quick++
  }
  pair.compareCounters()
  t.ok(quick > 1000, `${quick} of 6000 took the quick path`)
})

t.test('a zone with another below it, a wildcard or a DNAME at its apex denies nothing by itself', async (t) => {
  for (const [apex, quick] of [
    ['a', false],
    ['b.a', true],
    ['ab', false],
    ['dn', false],
    ['w.example', true],
  ] as const) {
    const pair = twins(undefined, nested)
    pair.ask(question(`one.${apex}`, 'TXT'), PEER)
    t.equal(pair.ask(question(`two.${apex}`, 'TXT'), PEER).wasQuick, quick, apex)
  }
})
