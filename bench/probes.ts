/**
 * What a fleet of checks costs: N nodes, one probe each per interval, driven by the production runner against local origins.
 *
 *   node build/bench/probes.js [--kind http|icmp] [--client own|node|undici] [--nodes 10000] [--interval 5] [--seconds 20]
 *
 * Prints one JSON line: CPU of this process as a share of one core, memory at its highest, the latest start of a probe after its
 * time. The bar (issue 5): half a core, 400 MB, a tenth of the interval, at 10,000 nodes, http every 5 s and icmp every 10 s.
 */
import { fork } from 'node:child_process'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { parseArgs } from 'node:util'
import { Client } from 'undici'
import { printAddress } from '../src/base/index.ts'
import type { ProbeTarget } from '../src/control/index.ts'
import type { ProbeResult } from '../src/health/index.ts'
import { createProbeRunner, createProber, type Prober } from '../src/probe/index.ts'
import type { Check, Probe } from '../src/steer/index.ts'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'http' },
    client: { type: 'string', default: 'own' },
    nodes: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '' },
    seconds: { type: 'string', default: '20' },
  },
})
const nodes = Number(values.nodes)
const kind = values.kind === 'icmp' ? 'icmp' : 'http'
const intervalMs = 1000 * Number(values.interval || (kind === 'icmp' ? 10 : 5))
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

function targetsOf(probe: Probe): ProbeTarget[] {
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
  return Array.from({ length: nodes }, (_, i) => ({
    node: {
      name: `n${i}`,
      a: [Uint8Array.of(127, 1 + (i >> 16), (i >> 8) & 255, i & 255)],
      aaaa: [],
      site: undefined,
      weight: 100,
      origin: ORIGIN,
    },
    check,
    host: undefined,
  }))
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
  const origins = fork(new URL('./probe-origins.js', import.meta.url))
  const port = await new Promise<number>((resolve) => origins.once('message', (message) => resolve(Number(message))))
  const prober = createProber({ version: 'bench' })
  const targets = targetsOf(kind === 'icmp' ? { kind: 'icmp' } : httpProbe(port))
  // All intervals are equal, so the order of being due is the order of the line.
  const startMs = nowMs()
  const dueMs = new Float64Array(nodes)
  for (let i = 0; i < nodes; i++) dueMs[i] = startMs + (i * intervalMs) / nodes
  let head = 0
  const classes = new Map<string, number>()
  const durations: number[] = []
  const runner = createProbeRunner({
    source: {
      nextDueMs: () => dueMs[head]!,
      tick: () => {},
      due: (now) => {
        const due: ProbeTarget[] = []
        while (dueMs[head]! <= now && due.length < nodes) {
          due.push(targets[head]!)
          dueMs[head] = now + intervalMs
          head = (head + 1) % nodes
        }
        return due
      },
      report: (result) => {
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
  // The first interval warms up compiler and caches.
  await pause(intervalMs)
  runner.stats()
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
