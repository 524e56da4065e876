import t from 'tap'
import type { ProbeTarget } from '../../src/control/index.ts'
import type { ProbeResult } from '../../src/health/index.ts'
import { createProbeRunner, type ProbeRunner } from '../../src/probe/index.ts'
import { httpProbe, target } from './origins.ts'

interface World {
  now: number
  readonly runner: ProbeRunner
  readonly started: { readonly node: string; readonly atMs: number }[]
  readonly reported: string[]
  /** lets virtual time pass */
  pass(ms: number): Promise<void>
}

/** A fleet of nodes, each due every `intervalMs`, and probes that take `probeMs` of virtual time. */
function world(nodes: number, intervalMs: number, probeMs: number, maxInFlight: number): World {
  const alarms = new Set<{ atMs: number; wake: () => void }>()
  const started: { node: string; atMs: number }[] = []
  const reported: string[] = []
  const fleet = Array.from({ length: nodes }, (_, i) => ({
    dueMs: (i * intervalMs) / nodes,
    target: named(`n${i}`),
  }))
  let now = 0
  const sleep = (ms: number, wake: () => void): (() => void) => {
    const alarm = { atMs: now + ms, wake }
    alarms.add(alarm)
    return () => alarms.delete(alarm)
  }
  const runner = createProbeRunner({
    source: {
      nextDueMs: () => Math.min(...fleet.map((one) => one.dueMs)),
      tick: () => {},
      due: (nowMs) => {
        const due = fleet.filter((one) => one.dueMs <= nowMs)
        for (const one of due) one.dueMs = nowMs + intervalMs
        return due.map((one) => one.target)
      },
      report: (result) => reported.push(result.node),
    },
    prober: {
      probe: (one) => {
        started.push({ node: one.node.name, atMs: now })
        return new Promise((resolve) => sleep(probeMs, () => resolve(good(one, now))))
      },
    },
    nowMs: () => now,
    maxInFlight,
    sleep,
  })
  return {
    get now() {
      return now
    },
    runner,
    started,
    reported,
    pass: async (ms) => {
      const until = now + ms
      for (;;) {
        const next = [...alarms].sort((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined || next.atMs > until) break
        alarms.delete(next)
        now = next.atMs
        next.wake()
        // Promises of this moment settle before time goes on.
        await new Promise((resolve) => setImmediate(resolve))
      }
      now = until
    },
  }
}

function named(name: string): ProbeTarget {
  const one = target(httpProbe(80))
  return { ...one, node: { ...one.node, name } }
}

function good(one: ProbeTarget, now: number): ProbeResult {
  return {
    node: one.node.name,
    check: one.check.name,
    startedAtMs: now,
    durationMs: 1,
    ok: true,
    class: 'ok',
    detail: '',
  }
}

t.test('every node is probed at its pace, within the length of a turn', async (t) => {
  const w = world(20, 1000, 30, 100)
  w.runner.start()
  await w.pass(10_000)
  for (let i = 0; i < 20; i++) {
    const count = w.started.filter((one) => one.node === `n${i}`).length
    t.ok(count >= 9 && count <= 11, `n${i} was probed ${count} times in ten intervals`)
  }
  const stats = w.runner.stats()
  t.ok(stats.worstDelayMs <= 5, `worst delay ${stats.worstDelayMs} ms`)
  t.equal(w.reported.length >= w.started.length - 1, true, 'results are reported')
})

t.test('no more are in flight than allowed; the others wait in line and are never queued twice', async (t) => {
  const w = world(10, 100, 1000, 2)
  w.runner.start()
  await w.pass(5000)
  const stats = w.runner.stats()
  t.ok(stats.inFlight <= 2)
  t.ok(stats.waiting <= 10, `${stats.waiting} wait`)
  t.ok(stats.skipped > 0)
  t.ok(stats.worstDelayMs > 100, 'lateness is told')
  const first = new Set(w.started.slice(0, 10).map((one) => one.node))
  t.equal(first.size, 10, 'the line is fair: each had its turn before any had two')
})

t.test('a timeout does not slow the pace: probes of one node may overlap', async (t) => {
  const w = world(1, 1000, 1900, 10)
  w.runner.start()
  await w.pass(10_000)
  t.ok(w.started.length >= 9, `${w.started.length} probes in ten seconds`)
})

t.test('stop ends it: nothing starts, nothing is reported', async (t) => {
  const w = world(5, 100, 50, 10)
  w.runner.start()
  await w.pass(500)
  w.runner.stop()
  const before = [w.started.length, w.reported.length]
  await w.pass(1000)
  t.same([w.started.length, w.reported.length], before)
})

t.test('a wake-up takes up what became due earlier than planned', async (t) => {
  let dueMs = 60_000
  let now = 0
  const alarms: { atMs: number; wake: () => void; off: boolean }[] = []
  const started: number[] = []
  const runner = createProbeRunner({
    source: {
      nextDueMs: () => dueMs,
      tick: () => {},
      due: (nowMs) => {
        if (dueMs > nowMs) return []
        dueMs = 60_000
        return [named('n')]
      },
      report: () => {},
    },
    prober: {
      probe: async (one) => {
        started.push(now)
        return good(one, now)
      },
    },
    nowMs: () => now,
    sleep: (ms, wake) => {
      const alarm = { atMs: now + ms, wake, off: false }
      alarms.push(alarm)
      return () => {
        alarm.off = true
      }
    },
  })
  runner.start()
  dueMs = 100
  runner.wake()
  const next = alarms.find((alarm) => !alarm.off)!
  t.equal(next.atMs, 100)
  now = 100
  next.wake()
  t.same(started, [100])
})

t.test('a source that throws is told of, once a second, and probing goes on', async (t) => {
  const told: string[] = []
  let now = 0
  const alarms: (() => void)[] = []
  let probed = 0
  const runner = createProbeRunner({
    source: {
      nextDueMs: () => now,
      tick: () => {},
      due: () => [named(`n${now}`)],
      report: () => {
        throw new Error('the disk is full')
      },
    },
    prober: {
      probe: async (one) => {
        probed++
        return good(one, now)
      },
    },
    nowMs: () => now,
    trouble: (message) => told.push(message),
    sleep: (_ms, wake) => {
      alarms.push(wake)
      return () => {}
    },
  })
  runner.start()
  for (let i = 0; i < 15; i++) {
    now += 100
    alarms.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(probed, 15)
  t.same(told, ['probes: the disk is full', 'probes: the disk is full'])
  t.equal(runner.stats().inFlight, 0)
  runner.stop()
})
