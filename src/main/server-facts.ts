/**
 * What `status`, `health` and the metrics show of the running server beside control's own state: threads and addresses, databases and
 * their age, probes, copies of zones, schedules, hooks.
 */
import type { ApiPorts } from '../api/index.ts'
import { VERSION } from '../cli/index.ts'
import type { Duty } from '../duty/index.ts'
import type { FileLoader } from '../loader/index.ts'
import type { ProbeRunner, Prober } from '../probe/index.ts'
import { printListenAddress, type Serving } from '../serve/index.ts'
import type { Secondaries } from '../transfer/index.ts'

/** The parts that know something; what has not been started yet is undefined. */
export interface ServerParts {
  readonly nowMs: number
  readonly startedMs: number
  readonly serving: Serving | undefined
  readonly loader: FileLoader
  readonly prober: Prober
  readonly runner: ProbeRunner
  readonly secondaries: Secondaries
  readonly duty: Duty | undefined
}

/** @returns plain JSON values, for people */
export function factsOf(parts: ServerParts): Readonly<Record<string, unknown>> {
  const { nowMs, loader, duty } = parts
  return {
    version: VERSION,
    pid: process.pid,
    uptimeSeconds: Math.round((nowMs - parts.startedMs) / 1000),
    serving: parts.serving === undefined ? undefined : servingFacts(parts.serving),
    databases: loader.databases().map(({ kind, file, name, builtIn, type, builtAtMs }) => ({
      kind,
      file: builtIn ? name : file,
      builtIn,
      type,
      built: new Date(builtAtMs).toISOString(),
      ageDays: Math.floor((nowMs - builtAtMs) / 86_400_000),
    })),
    probes: { ...parts.prober.describe(), ...parts.runner.stats() },
    secondaries: parts.secondaries.zones,
    schedules: duty?.schedules(),
    hooks: duty?.hooks(),
    lastLoadMs: Math.round(loader.lastMs()),
  }
}

function servingFacts(serving: Serving): unknown {
  const { driver, reason, addresses, threads, connections, tls } = serving.describe()
  return {
    driver,
    reason,
    addresses: addresses.map(({ transport, address, port }) => `${transport} ${printListenAddress(address, port)}`),
    threads: threads.map(({ kind, index, state, restarts }) => ({ kind, index, state, restarts })),
    connections,
    ...(tls === undefined ? {} : { tls }),
  }
}

/** @returns what the metrics measure */
export function gaugesOf({ duty, loader, secondaries }: ServerParts): ReturnType<NonNullable<ApiPorts['gauges']>> {
  return {
    hooks: duty?.hooks() ?? [],
    databases: loader.databases().map(({ kind, builtAtMs }) => ({ name: kind, builtMs: builtAtMs })),
    secondaries: secondaries.zones.map(({ zone, expiresAtMs, lastError }) => ({
      zone,
      expiresAtMs,
      failing: lastError !== undefined,
    })),
  }
}
