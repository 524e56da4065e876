/**
 * Prometheus metrics: names with units; read from the state when asked for (collect), counted only where nothing else counts.
 * docs/monitoring has the dashboard and the alert rules that use them.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { poolsInUse } from '../control/index.ts'
import type { ProbeResult } from '../health/index.ts'
import { printNodeMetrics } from './node-metrics.ts'
import type { ApiPorts } from './ports.ts'

export interface Metrics {
  readonly contentType: string
  print(): Promise<string>
  /** A request begins. @returns what to call at its end */
  request(method: string): (path: string, status: number) => void
  /** A probe has ended. */
  probe(result: ProbeResult): void
}

export function createMetrics(ports: ApiPorts, streams: () => number): Metrics {
  const registry = new Registry()
  // The delay of the event loop is sampled by a timer: every 10 ms, the default, is most of what an idle server costs.
  collectDefaultMetrics({ register: registry, prefix: 'meridian_', eventLoopMonitoringPrecision: 200 })
  const gauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void): void => {
    new Gauge({
      name: `meridian_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        collect(this)
      },
    })
  }
  // What others have counted already: a counter by name and type, read anew each time.
  const counter = (name: string, help: string, labels: string[], collect: (counter: Counter) => void): void => {
    new Counter({
      name: `meridian_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        collect(this)
      },
    })
  }
  serverMetrics(ports, gauge, counter, streams)
  answerMetrics(ports, counter, gauge)
  poolMetrics(ports, gauge)

  const journal = new Counter({
    name: 'meridian_journal_entries_total',
    help: 'Journal entries since the process started, by kind and action.',
    labelNames: ['kind', 'action'],
    registers: [registry],
  })
  ports.control.subscribe((entry) => journal.inc({ kind: entry.kind, action: entry.action }))
  const probes = new Counter({
    name: 'meridian_probes_total',
    help: 'Probes, by check and what they saw.',
    labelNames: ['check', 'class'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'meridian_probe_duration_seconds',
    help: 'How long probes took.',
    labelNames: ['check'],
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers: [registry],
  })
  const requests = new Counter({
    name: 'meridian_api_requests_total',
    help: 'API requests, by method and status.',
    labelNames: ['method', 'status'],
    registers: [registry],
  })
  const took = new Histogram({
    name: 'meridian_api_request_duration_seconds',
    help: 'How long API requests took.',
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 2],
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    print: async () => (await registry.metrics()) + (await printNodeMetrics(ports.control)),
    request(method) {
      const end = took.startTimer()
      return (path, status) => {
        // A stream lasts as long as its follower; its length says nothing about the server.
        if (!path.endsWith('/stream')) end()
        requests.inc({ method, status: String(status) })
      }
    },
    probe(result) {
      probes.inc({ check: result.check, class: result.class })
      durations.observe({ check: result.check }, result.durationMs / 1000)
    },
  }
}

type HookCounts = ReturnType<NonNullable<ApiPorts['gauges']>>['hooks'][number]
type MakeGauge = (name: string, help: string, labels: string[], collect: (gauge: Gauge) => void) => void
type MakeCounter = (name: string, help: string, labels: string[], collect: (counter: Counter) => void) => void

function serverMetrics(ports: ApiPorts, gauge: MakeGauge, counter: MakeCounter, streams: () => number): void {
  const { control, answers } = ports
  const startedSeconds = ports.now() / 1000
  gauge('build_info', 'Always 1; the version is the label.', ['version'], (one) =>
    one.set({ version: ports.version }, 1),
  )
  gauge('start_time_seconds', 'When the process started, epoch seconds.', [], (one) => one.set(startedSeconds))
  gauge('ready', '1 when queries are answered.', [], (one) => one.set(ports.notReady() === undefined ? 1 : 0))
  gauge('generation', 'The generation of the declared state and the intents.', [], (one) =>
    one.set(control.generation()),
  )
  gauge('world_generation', 'The generation of the published answers.', [], (one) => one.set(answers.generation()))
  gauge('event_streams', 'Open event streams.', [], (one) => one.set(streams()))
  gauge('reload_ok', '1 when the last reload was taken up, 0 when it was refused or held.', [], (one) =>
    one.set(control.reloadState().ok ? 1 : 0),
  )
  gauge('reload_issues', 'Issues of the files, by severity.', ['severity'], (one) => {
    for (const severity of ['error', 'warning', 'note'] as const)
      one.set({ severity }, control.reloadState().issues.filter((issue) => issue.severity === severity).length)
  })
  gauge('reload_confirm_pending', '1 while a reload waits for its confirmation.', [], (one) =>
    one.set(control.reloadState().confirmBy === null ? 0 : 1),
  )
  gauge('journal_last_id', 'The id of the newest journal entry.', [], (one) => one.set(control.lastEntryId()))
  gauge('alerts', 'Alerts that stand, by code.', ['code'], (one) => {
    for (const alert of control.fleet().alerts()) one.inc({ code: alert.code })
  })
  gauge('zone_serial', 'The SOA serial in force.', ['zone'], (one) => {
    for (const zone of control.zones()) one.set({ zone: zone.name }, zone.serial)
  })
  gauge('secondary_failing', '1: no primary of the zone answers as it should.', ['zone'], (one) => {
    for (const { zone, failing } of ports.gauges?.().secondaries ?? []) one.set({ zone }, failing ? 1 : 0)
  })
  gauge('secondary_expires_seconds', 'Until a copy of a zone expires; 0: it has, or never came.', ['zone'], (one) => {
    for (const { zone, expiresAtMs } of ports.gauges?.().secondaries ?? [])
      one.set({ zone }, Math.max(0, ((expiresAtMs ?? 0) - ports.now()) / 1000))
  })
  const hooks = (name: string, help: string, value: (hook: HookCounts) => number): void =>
    counter(name, help, ['hook'], (one) => {
      for (const hook of ports.gauges?.().hooks ?? []) one.inc({ hook: hook.name }, value(hook))
    })
  hooks('hook_delivered_total', 'Events that a hook took.', (hook) => hook.delivered)
  hooks('hook_failed_total', 'Events that a hook refused for good.', (hook) => hook.failed)
  hooks('hook_passed_over_total', 'Events that were too old when a hook came back.', (hook) => hook.passedOver)
  gauge('hook_behind', 'Events that wait for a hook.', ['hook'], (one) => {
    for (const hook of ports.gauges?.().hooks ?? []) one.set({ hook: hook.name }, hook.behind)
  })
  gauge('geo_database_age_seconds', 'How long ago a geo database was built.', ['database'], (one) => {
    for (const database of ports.gauges?.().databases ?? [])
      one.set({ database: database.name }, (ports.now() - database.builtMs) / 1000)
  })
  counter('worker_restarts_total', 'Restarts of answering threads.', ['worker'], (one) => {
    for (const worker of answers.counters().workers) one.inc({ worker: worker.worker }, worker.restarts)
  })
}

function answerMetrics(ports: ApiPorts, counter: MakeCounter, gauge: MakeGauge): void {
  const { answers } = ports
  counter('queries_total', 'DNS queries, by transport.', ['transport'], (one) => {
    for (const { transport, count } of answers.counters().queries) one.inc({ transport }, count)
  })
  counter('responses_total', 'DNS responses, by rcode.', ['rcode'], (one) => {
    for (const { rcode, count } of answers.counters().responses) one.inc({ rcode }, count)
  })
  counter('silent_total', 'DNS packets that got no response, by why.', ['why'], (one) => {
    for (const { why, count } of answers.counters().silent) one.inc({ why }, count)
  })
  counter('steered_answers_total', 'Steered answers, by record and pool.', ['record', 'pool'], (one) => {
    for (const { record, pool, count } of answers.counters().answers) one.inc({ record, pool }, count)
  })
  counter('node_answers_total', 'Steered answers that named a node.', ['node'], (one) => {
    for (const { node, count } of answers.counters().nodes) one.inc({ node }, count)
  })
  counter('country_answers_total', 'Steered answers, by the country of the client.', ['country'], (one) => {
    for (const { country, count } of answers.counters().countries) one.inc({ country }, count)
  })
  counter('worker_queries_total', 'DNS queries, by answering thread.', ['worker'], (one) => {
    for (const worker of answers.counters().workers) one.inc({ worker: worker.worker }, worker.queries)
  })
  gauge('worker_generation', 'The generation that an answering thread has taken up.', ['worker'], (one) => {
    for (const worker of answers.counters().workers) one.set({ worker: worker.worker }, worker.generation)
  })
}

function poolMetrics(ports: ApiPorts, gauge: MakeGauge): void {
  const { control } = ports
  const ofPools = (
    name: string,
    help: string,
    value: (pool: ReturnType<typeof control.pools>[number]) => number,
  ): void =>
    gauge(name, help, ['pool'], (one) => {
      for (const pool of control.pools()) one.set({ pool: pool.name }, value(pool))
    })
  ofPools('pool_members', 'Members of a pool.', (pool) => pool.members.length)
  ofPools('pool_fit', 'Members of a pool that are fit.', (pool) => pool.fit)
  ofPools('pool_in_service', 'Members of a pool that are in its answers.', (pool) => pool.inService)
  ofPools('pool_floor', 'Members that the floor of a pool asks for.', (pool) => pool.floor)
  gauge('pool_condition', '1 for the condition of a pool.', ['pool', 'condition'], (one) => {
    for (const pool of control.pools()) one.set({ pool: pool.name, condition: pool.condition }, 1)
  })
  gauge('pool_in_use', '1 when a record sends clients to a pool.', ['pool'], (one) => {
    const inUse = poolsInUse(control.steering())
    for (const pool of control.steering().pools.keys()) one.set({ pool }, inUse.has(pool) ? 1 : 0)
  })
  gauge('status', '0 ok, 1 degraded, 2 critical.', [], (one) =>
    one.set({ ok: 0, degraded: 1, critical: 2 }[control.health().status]),
  )
}
