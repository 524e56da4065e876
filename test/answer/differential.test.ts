/**
 * Issue 4: thousands of generated questions to us and to NSD, Knot DNS and BIND over the same zones. What differs has a reason in
 * differential.ts, or is a finding. More, and others: MERIDIAN_DIFFERENTIAL_QUERIES=100000 MERIDIAN_DIFFERENTIAL_SEED=7.
 */
import t from 'tap'
import type { QueryResponder } from '../../src/answer/index.ts'
import { seededRandom } from '../../src/base/index.ts'
import { parseName, TYPE } from '../../src/wire/index.ts'
import { AUTHORITIES, absent, startAuthority } from './authorities.ts'
import { judge, makeQuestion, namesIn, queryOf, tell } from './differential.ts'
import { evenWorld, imagesOf, STEERED_AS_STATIC } from './rich-world.ts'
import { RICH_ZONES, type RichZone, ROOT_ZONES } from './rich-zones.ts'
import { ask, worldOf } from './world.ts'

const QUERIES = Number(process.env['MERIDIAN_DIFFERENTIAL_QUERIES'] ?? 3000)
const SEED = Number(process.env['MERIDIAN_DIFFERENTIAL_SEED'] ?? 20260101)
/** Under way at once: enough to keep one server busy, too few to overrun anyone. */
const IN_FLIGHT = 64
const MOST_SHOWN = 5
/** Generous: the machine may be busy, and more may be asked for. */
const DEADLINE_MS = 60_000 + 10 * QUERIES
t.setTimeout(3 * DEADLINE_MS)

const fixed = (zones: readonly RichZone[]) => worldOf(imagesOf(zones)).responder(0)

const WORLDS: readonly (readonly [string, readonly RichZone[], number, () => QueryResponder])[] = [
  ['several zones, parent and child among them', RICH_ZONES, QUERIES, () => fixed(RICH_ZONES)],
  ['the root zone', ROOT_ZONES, Math.ceil(QUERIES / 4), () => fixed(ROOT_ZONES)],
  ['steered names as if they were static', [STEERED_AS_STATIC, ...RICH_ZONES], Math.ceil(QUERIES / 2), evenWorld],
]

for (const name of AUTHORITIES)
  t.test(`${name} says the same`, { skip: absent(name), timeout: DEADLINE_MS }, async (t) => {
    for (const [title, zones, count, responderOf] of WORLDS) {
      const responder = responderOf()
      const apex = parseName(zones[0]!.name)!
      const authority = await startAuthority(name, zones, queryOf({ name: apex, type: TYPE.SOA, edns: true, text: '' }))
      const random = seededRandom(SEED)
      const names = namesIn(zones.length > RICH_ZONES.length ? zones.slice(0, 1) : zones)
      const reasons = new Map<string, number>()
      const findings: object[] = []
      try {
        for (let asked = 0; asked < count; asked += IN_FLIGHT)
          await Promise.all(
            Array.from({ length: Math.min(IN_FLIGHT, count - asked) }, async () => {
              const question = makeQuestion(random, names)
              const query = queryOf(question)
              const reply = ask(responder, query, { transport: 1 })
              const ours = reply instanceof Uint8Array ? tell(reply) : 'no reply'
              const other = await authority.ask(query)
              const theirs = other === undefined ? 'no reply' : tell(other)
              const reason = judge(name, question, ours, theirs)
              if (reason === undefined) findings.push({ question: question.text, ours, [name]: theirs })
              else if (reason !== '') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
            }),
          )
      } finally {
        await authority.stop()
      }
      const differing = [...reasons].map(([reason, times]) => `${times} ${reason}`)
      t.comment(`${title}: ${count} questions from seed ${SEED}; known differences:`, differing)
      t.same(
        findings.slice(0, MOST_SHOWN),
        [],
        `${title}: ${findings.length} of ${count} answers differ (seed ${SEED})`,
      )
    }
  })
