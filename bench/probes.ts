/**
 * What a fleet of checks costs: N nodes in pools of a hundred, the production fleet, runner and prober against local origins.
 *
 *   node build/bench/probes.js [--kind http|icmp] [--client own|node|undici] [--nodes 10000] [--interval 5] [--seconds 20]
 *                               [--silent PERCENT]
 *
 * Prints one JSON line: CPU of this process as a share of one core, memory at its highest, the latest start of a probe after its
 * time. The bar (issue 5): half a core, 400 MB, a tenth of the interval, at 10,000 nodes, http every 5 s and icmp every 10 s.
 */
import { fork } from 'node:child_process'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { parseArgs } from 'node:util'
import { Client } from 'undici'
import { printAddress, seededRandom } from '../src/base/index.ts'
import { createFleet, type ProbeTarget } from '../src/control/index.ts'
import type { ProbeResult } from '../src/health/index.ts'
import { createProbeRunner, createProber, type Prober } from '../src/probe/index.ts'
import type { Check, Probe, Steering } from '../src/steer/index.ts'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'http' },
    client: { type: 'string', default: 'own' },
    nodes: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '' },
    seconds: { type: 'string', default: '20' },
    silent: { type: 'string', default: '0' },
  },
})
const nodes = Number(values.nodes)
const kind = values.kind === 'icmp' ? 'icmp' : 'http'
const intervalMs = 1000 * Number(values.interval || (kind === 'icmp' ? 10 : 5))
const silentPercent = Number(values.silent)
const POOL_NODES = 100
const seconds = Number(values.seconds)

const ORIGIN = { kind: 'file', file: 'bench', line: 1, column: 1 } as const
const nowMs = (): number => performance.timeOrigin + performance.now()

function httpProbe(port: number): Probe {
  return {
    kind: 'http',
    port,
    path: '/health',
    method: 'GET',
    host: 'www.portal.example',
    sni: undefined,
    headers: {},
    expect: { status: [[200, 200]], body: 'ok', bodyPattern: undefined, json: undefined, fresh: undefined },
    verify: true,
    certificateWarningMs: 0,
  }
}

function steeringOf(probe: Probe): Steering {
  const check: Check = {
    name: 'bench',
    probe,
    timeoutMs: 2000,
    budgetMs: undefined,
    source: undefined,
    hysteresis: {
      profile: 'normal',
      intervalMs,
      suspectIntervalMs: 2000,
      downIntervalMs: intervalMs,
      removeAfterMs: 20_000,
      restoreAfterMs: 20_000,
      drain: 0.5,
      adaptive: false,
    },
    origin: ORIGIN,
  }
  const all = Array.from({ length: nodes }, (_, i) => ({
    name: `n${i}`,
    a: [Uint8Array.of(127, 1 + (i >> 16), (i >> 8) & 255, i & 255)],
    aaaa: [],
    site: undefined,
    weight: 100,
    origin: ORIGIN,
  }))
  const pools = Array.from({ length: Math.ceil(nodes / POOL_NODES) }, (_, i) => ({
    name: `p${i}`,
    zone: undefined,
    members: all
      .slice(i * POOL_NODES, (i + 1) * POOL_NODES)
      .map((node) => ({ node: node.name, weight: undefined, standby: false, origin: ORIGIN })),
    check: check.name,
    minInService: { percent: 50 },
    allDown: 'all' as const,
    fallback: undefined,
    warmUpMs: 60_000,
    removalShare: 0.25,
    removalWindowMs: 60_000,
    loadAware: false,
    standby: { joinAbove: 0.6, joinAfterMs: 300_000, leaveBelow: 0.3 },
    origin: ORIGIN,
  }))
  return {
    nodes: new Map(all.map((node) => [node.name, node])),
    sites: new Map(),
    checks: new Map([[check.name, check]]),
    pools: new Map(pools.map((pool) => [pool.name, pool])),
    records: new Map(),
    schedules: new Map(),
  }
}

/** The two clients from the shelf, doing as much of a probe's work as they can; only for comparison. */
function shelfProber(client: string): Pick<Prober, 'probe'> {
  const agent = new HttpAgent({ keepAlive: false })
  const resultOf = (target: ProbeTarget, startedAtMs: number, ok: boolean): ProbeResult => ({
    node: target.node.name,
    check: target.check.name,
    startedAtMs,
    durationMs: nowMs() - startedAtMs,
    ok,
    class: ok ? 'ok' : 'status',
    detail: '',
  })
  return {
    probe: (target) =>
      new Promise((resolve) => {
        const startedAtMs = nowMs()
        const probe = target.check.probe
        if (probe.kind !== 'http') throw new Error('http only')
        const host = printAddress(target.node.a[0]!)
        const headers = { host: probe.host ?? host, 'user-agent': 'Meridian bench' }
        const end = (ok: boolean): void => resolve(resultOf(target, startedAtMs, ok))
        if (client === 'undici') {
          const one = new Client(`http://${host}:${probe.port}`, { pipelining: 0 })
          one
            .request({ path: probe.path, method: 'GET', headers, reset: true, signal: AbortSignal.timeout(2000) })
            .then(async (answer) => {
              const body = await answer.body.text()
              end(answer.statusCode === 200 && body.includes('ok'))
              await one.destroy()
            })
            .catch(() => end(false))
          return
        }
        const request = httpRequest(
          { host, port: probe.port, path: probe.path, headers, agent, timeout: 2000 },
          (answer) => {
            let body = ''
            answer.setEncoding('utf8')
            answer.on('data', (text: string) => {
              body += text
            })
            answer.on('end', () => end(answer.statusCode === 200 && body.includes('ok')))
          },
        )
        request.on('error', () => end(false))
        request.end()
      }),
  }
}

async function main(): Promise<void> {
  const origins = fork(new URL('./probe-origins.js', import.meta.url), [String(silentPercent)])
  const port = await new Promise<number>((resolve) => origins.once('message', (message) => resolve(Number(message))))
  const prober = createProber({ version: 'bench' })
  const fleet = createFleet({ random: seededRandom(1) })
  fleet.apply({ kind: 'declare', steering: steeringOf(kind === 'icmp' ? { kind: 'icmp' } : httpProbe(port)) }, nowMs())
  const classes = new Map<string, number>()
  const durations: number[] = []
  const runner = createProbeRunner({
    source: {
      nextDueMs: () => fleet.nextDueMs(),
      tick: (now) => fleet.apply({ kind: 'tick' }, now),
      due: (now) => fleet.due(now),
      report: (result, now) => {
        fleet.apply({ kind: 'probe', result }, now)
        classes.set(result.class, (classes.get(result.class) ?? 0) + 1)
        durations.push(result.durationMs)
      },
    },
    prober: values.client === 'own' ? prober : shelfProber(values.client),
    nowMs,
  })
  let rssMax = 0
  const watch = setInterval(() => {
    rssMax = Math.max(rssMax, process.memoryUsage.rss())
  }, 250)
  runner.start()
  // The first two intervals warm up compiler and caches, and let the fleet learn who is silent.
  await pause(2 * intervalMs)
  durations.length = 0
  const before = process.cpuUsage()
  const beganMs = nowMs()
  const startedBefore = runner.stats().started
  await pause(seconds * 1000)
  const cpu = process.cpuUsage(before)
  const spanMs = nowMs() - beganMs
  const stats = runner.stats()
  runner.stop()
  clearInterval(watch)
  durations.sort((a, b) => a - b)
  const probes = stats.started - startedBefore
  const cpuMs = (cpu.user + cpu.system) / 1000
  console.log(
    JSON.stringify({
      kind,
      client: values.client,
      nodes,
      intervalS: intervalMs / 1000,
      probesPerS: Math.round((probes * 1000) / spanMs),
      cores: Number((cpuMs / spanMs).toFixed(3)),
      cpuUsPerProbe: Math.round((cpuMs * 1000) / probes),
      rssMb: Math.round(rssMax / 1e6),
      worstDelayMs: Math.round(stats.worstDelayMs),
      p99Ms: Number((durations[Math.floor(durations.length * 0.99)] ?? 0).toFixed(1)),
      classes: Object.fromEntries(classes),
      icmp: kind === 'icmp' ? prober.describe().icmp : undefined,
    }),
  )
  await prober.close()
  origins.disconnect()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

await main()
