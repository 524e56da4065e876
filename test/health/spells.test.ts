import t from 'tap'
import {
  adaptedPatienceMs,
  HYSTERESIS_FIGURES,
  noSpells,
  noteSpell,
  parseSpells,
  printSpells,
  type Spells,
} from '../../src/health/index.ts'

const figures = { ...HYSTERESIS_FIGURES.normal, adaptive: true }
const DAY = 86_400_000

/** A spell of so many failures at 2 s, and the calm that drains it. */
function spell(spells: Spells, fromMs: number, failures: number): void {
  const probes = 1 + failures + 2 * failures + 2
  for (let i = 0; i < probes; i++) {
    const failed = i >= 1 && i <= failures
    noteSpell(spells, failed ? 1 : 0, fromMs + i * 2000, figures, false)
  }
}

t.test('long hiccups lengthen the patience, from ten on', (t) => {
  const spells = noSpells(0)
  for (let i = 0; i < 9; i++) spell(spells, i * 600_000, 12)
  t.equal(adaptedPatienceMs(spells, figures, 6_000_000), 20_000)
  spell(spells, 9 * 600_000, 12)
  t.equal(adaptedPatienceMs(spells, figures, 6_000_000), 30_000, '1.25 x 24 s')
  t.end()
})

t.test('calm days shorten it, and a single longer spell is enough to prevent that', (t) => {
  const spells = noSpells(0)
  spell(spells, 0, 1)
  t.equal(adaptedPatienceMs(spells, figures, 2 * DAY), 20_000, 'not before the third day')
  t.equal(adaptedPatienceMs(spells, figures, 3 * DAY), 12_000)
  for (let i = 0; i < 200; i++) spell(spells, DAY + i * 100_000, 1)
  spell(spells, 2 * DAY, 8)
  t.equal(adaptedPatienceMs(spells, figures, 3 * DAY), 20_000, 'random loss: many tiny ones and a rare long one')
  t.end()
})

t.test('what no patience could bridge, what an operator had a hand in, and what is a week old does not count', (t) => {
  const spells = noSpells(0)
  for (let i = 0; i < 20; i++) spell(spells, i * 600_000, 30)
  t.equal(adaptedPatienceMs(spells, figures, DAY), 20_000)
  for (let i = 0; i < 20; i++) {
    spells.spoilt = true
    spell(spells, DAY / 2 + i * 600_000, 12)
  }
  t.equal(adaptedPatienceMs(spells, figures, DAY), 20_000)
  for (let i = 0; i < 20; i++) spell(spells, DAY + i * 600_000, 12)
  t.equal(adaptedPatienceMs(spells, figures, 2 * DAY), 30_000)
  t.equal(adaptedPatienceMs(spells, figures, 9 * DAY), 12_000)
  t.end()
})

t.test('the memory of spells survives print and parse, and nonsense is forgotten', (t) => {
  const spells = noSpells(5 * DAY)
  for (let i = 0; i < 20; i++) spell(spells, 5 * DAY + i * 600_000, 12)
  const again = parseSpells(JSON.parse(JSON.stringify(printSpells(spells))), 6 * DAY)
  t.equal(adaptedPatienceMs(again, figures, 6 * DAY), adaptedPatienceMs(spells, figures, 6 * DAY))
  for (const nonsense of [undefined, null, 7, 'x', {}, { days: 3 }, { days: [[1, [1]], 'x', [2, ['a']]] }]) {
    t.equal(parseSpells(nonsense, DAY).days.size, 0)
  }
  t.end()
})
