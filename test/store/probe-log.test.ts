import fc from 'fast-check'
import t from 'tap'
import { EVIDENCE_CLASSES, type EvidenceClass, type ProbeResult } from '../../src/health/index.ts'
import { replayProbes } from '../../src/lab/index.ts'
import { createProbeLog, openDatabase } from '../../src/store/index.ts'
import { BlockWriter, readBlock } from '../../src/store/probe-block.ts'

const result = (node: string, atMs: number, evidence: EvidenceClass, ms = 3): ProbeResult => ({
  node,
  check: 'web',
  startedAtMs: atMs,
  durationMs: ms,
  ok: evidence === 'ok' || evidence === 'slow',
  class: evidence,
  detail: '',
})

t.test('a block keeps every failure to the millisecond, and of good runs how many and when', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.nat(100_000), class: fc.constantFrom(...EVIDENCE_CLASSES), ms: fc.nat(10_000) }), {
        minLength: 1,
        maxLength: 200,
      }),
      (steps) => {
        const writer = new BlockWriter(1_800_000_000_000)
        let atMs = 1_800_000_000_000
        const given = steps.map((step) => {
          atMs += step.gap
          return { atMs, class: step.class, ms: step.ms }
        })
        for (const probe of given) writer.add(probe)
        const read = [...readBlock(writer.finish(), writer.fromMs)]
        const bad = (all: readonly { class: string }[]) => all.filter((one) => one.class !== 'ok')
        if (read.length !== given.length) return false
        if (JSON.stringify(bad(read)) !== JSON.stringify(bad(given))) return false
        // Runs begin and end where they began and ended.
        return given.every((one, i) => {
          const inside = one.class === 'ok' && given[i - 1]?.class === 'ok' && given[i + 1]?.class === 'ok'
          return inside || Math.abs(read[i]!.atMs - one.atMs) < 1e-3
        })
      },
    ),
    { numRuns: 300 },
  )
})

t.test('garbage ends a block, it does not throw', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      let count = 0
      for (const _ of readBlock(octets, 0)) if (++count > 10_000) break
      return true
    }),
    { numRuns: 300 },
  )
})

t.test('a day of a calm node costs next to nothing, and is replayed in order with the others', async (t) => {
  const db = openDatabase(':memory:')
  const log = createProbeLog(db)
  const start = 1_800_000_000_000
  for (let s = 0; s < 86_400; s += 5) {
    const atMs = start + s * 1000
    log.record(result('a', atMs, 'ok'))
    log.record(result('b', atMs + 1000, s > 40_000 && s < 40_060 ? 'timeout' : 'ok', 2000))
    log.tick(atMs)
  }
  log.record(result('a', start, 'local'))
  log.flush()
  const { octets } = db.prepare('SELECT sum(length(packed)) AS octets FROM probe_block').get() as { octets: number }
  t.ok(octets < 2000, `${octets} octets`)
  const lines = [...log.lines({ node: undefined, check: undefined, sinceMs: start, untilMs: start + 86_400_000 })].map(
    (line) => JSON.parse(line) as { t: number; node: string; ok: boolean; class: string },
  )
  t.equal(lines.length, 2 * 17_280)
  t.ok(lines.every((line, i) => i === 0 || line.t >= lines[i - 1]!.t))
  t.equal(lines.filter((line) => !line.ok).length, 11)
  t.same(
    lines.find((line) => !line.ok),
    { t: 40_006, node: 'b', check: 'web', ok: false, class: 'timeout', ms: 2000 },
  )
  const replayed = replayProbes(lines.map((line) => JSON.stringify(line)))
  t.same(replayed.issues, [], 'the lab reads it as it stands')
  const summary = JSON.parse([...replayed.output].at(-1) ?? '{}') as { summary: { detect_s: { p50: number } } }
  t.ok(summary.summary.detect_s.p50 < 30, 'and finds the outage in it')
  const some = [...log.lines({ node: 'a', check: 'web', sinceMs: start + 3_600_000, untilMs: start + 3_700_000 })]
  t.equal(some.length, 21)
  t.ok(log.prune(start + 43_200_000, 1000) > 0)
  const left = [...log.lines({ node: 'a', check: undefined, sinceMs: start, untilMs: start + 86_400_000 })]
  t.ok(left.length < 17_280 && left.length > 8000)
  db.close()
})

t.test('what still waits in memory is in what is asked for', async (t) => {
  const db = openDatabase(':memory:')
  const log = createProbeLog(db)
  log.record(result('a', 1_800_000_000_000, 'ok'))
  const filter = { node: undefined, check: undefined, sinceMs: 1_800_000_000_000, untilMs: 1_800_000_001_000 }
  t.equal([...log.lines(filter)].length, 1)
  t.equal([...log.lines(filter)].length, 1, 'once')
  db.close()
})

t.test('the size is bounded whatever the age', async (t) => {
  const db = openDatabase(':memory:')
  const log = createProbeLog(db, { mostOctets: 100_000 })
  for (let i = 0; i < 2000; i++) log.record(result(`n-${i}`, 1_800_000_000_000 + i, 'ok'))
  log.flush()
  while (log.prune(0, 100) > 0);
  const { count } = db.prepare('SELECT count(*) AS count FROM probe_block').get() as { count: number }
  t.ok(count > 500 && count < 1000, `${count} blocks`)
  db.close()
})
