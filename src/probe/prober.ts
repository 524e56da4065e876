/**
 * Runs one probe: every address of the node at once, under one timeout, one result.
 *
 *   probe(target) ──▶ attempt per address ──▶ outcomes ──▶ the worst of them ──▶ ProbeResult
 *                          timeout: those still open are stopped and say what they waited for
 *
 * A node with A and AAAA is one node: it is well when all its addresses are, and both families leave and return together
 * (design.md, invariant 3). An outcome that is our own fault (`local`) says nothing about the node and yields to any that does: a
 * server without IPv6 still judges a dual-stack node by its IPv4, and warns.
 */
import { networkInterfaces } from 'node:os'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { parseAddress, printAddress, printDuration, unreachable } from '../base/index.ts'
import type { ProbeTarget } from '../control/index.ts'
import type { EvidenceClass, NodeWord, ProbeResult } from '../health/index.ts'
import { AwakeClock } from './awake-clock.ts'
import { beginCommand } from './command.ts'
import { beginDns } from './dns.ts'
import { Gate } from './gate.ts'
import { beginHttp } from './http.ts'
import { Icmp } from './icmp.ts'
import type { Asked, Attempt, Outcome, Settle } from './outcome.ts'
import { PatternMatcher } from './pattern.ts'
import { beginTcp, beginTls } from './tcp.ts'

export interface ProberOptions {
  /** Meridian's version, for the User-Agent */
  readonly version: string
  /** epoch ms; default Date.now */
  readonly nowMs?: () => number
  /** certificate authorities (PEM) to trust besides the public ones */
  readonly authorities?: readonly string[]
  /** programs running at a time for `command` checks; default 32 */
  readonly commands?: number
}

export interface ProberDescription {
  /** how icmp checks are done here, and why */
  readonly icmp: string
  /** whether IPv6 addresses of nodes are probed from here */
  readonly ipv6: string
}

export interface Prober {
  /** Runs one probe. Never rejects. An aborted probe results in `local`. */
  probe(target: ProbeTarget, signal?: AbortSignal): Promise<ProbeResult>
  describe(): ProberDescription
  /** Ends all running probes (they result in `local`) and frees threads and children. */
  close(): Promise<void>
}

/** Worst last. A stranger's failure outweighs a slow success; which failure of several is told hardly matters: the plainest one. */
const SEVERITY: Readonly<Record<EvidenceClass, number>> = {
  local: 0,
  ok: 1,
  slow: 2,
  stale: 3,
  content: 4,
  status: 5,
  command: 6,
  protocol: 7,
  tls: 8,
  reset: 9,
  timeout: 10,
  unreachable: 11,
  refused: 12,
}

/** How often a timeout that ran while this process stood still is prolonged. */
const EXTENSIONS = 4

interface Finished {
  readonly asked: Asked
  readonly outcome: Outcome
}

export function createProber(options: ProberOptions): Prober {
  const nowMs = options.nowMs ?? Date.now
  const patterns = new PatternMatcher()
  const icmp = new Icmp()
  const commands = new Gate(options.commands ?? 32)
  const awake = new AwakeClock()
  const running = new Set<(detail: string) => void>()
  let closed = false
  let context: SecureContext | undefined
  // One context for all: reading the public authorities takes tens of milliseconds.
  const secureContext = (): SecureContext =>
    (context ??= createSecureContext(
      options.authorities === undefined ? {} : { ca: [...rootCertificates, ...options.authorities] },
    ))
  const tools = {
    version: options.version,
    secureContext,
    nowMs,
    matches: (pattern: string, body: string) => patterns.match(pattern, body),
  }

  const begin = (asked: Asked, settle: Settle): Attempt => {
    const probe = asked.check.probe
    switch (probe.kind) {
      case 'http':
      case 'https':
        return beginHttp(asked, probe, tools, settle)
      case 'tcp':
        return beginTcp(asked, probe, settle)
      case 'tls':
        return beginTls(asked, probe, secureContext(), nowMs, settle)
      case 'icmp':
        return icmp.begin(asked, settle)
      case 'dns':
        return beginDns(asked, probe, settle)
      case 'command':
        return beginCommand(asked, probe, commands, settle)
      default:
        return unreachable(probe)
    }
  }

  const probe = (target: ProbeTarget, signal?: AbortSignal): Promise<ProbeResult> =>
    new Promise((resolve) => {
      const startedAtMs = nowMs()
      awake.enter()
      const startedAt = awake.nowMs()
      const asked = askedOf(target)
      const finished: Finished[] = []
      const open = new Map<Asked, Attempt>()
      let over = false
      const conclude = (): void => {
        over = true
        const durationMs = Math.max(0, awake.nowMs() - startedAt)
        awake.leave()
        clearTimeout(timer)
        running.delete(abandon)
        signal?.removeEventListener('abort', onAbort)
        resolve({
          node: target.node.name,
          check: target.check.name,
          startedAtMs,
          durationMs,
          ...combine(finished, asked.length),
        })
      }
      const stopOpen = (outcomeOf: (waitedFor: string) => Outcome): void => {
        if (over) return
        for (const [one, attempt] of open) finished.push({ asked: one, outcome: outcomeOf(attempt.stop()) })
        open.clear()
        conclude()
      }
      const abandon = (detail: string): void => stopOpen(() => ({ class: 'local', detail }))
      const onAbort = (): void => abandon('the probe was cancelled')
      const { timeoutMs } = target.check
      let extensions = 0
      const onTimeout = (): void => {
        // Nobody listened for a part of that time (or the timer is a trifle early): the node gets the rest of it.
        const leftMs = timeoutMs - (awake.nowMs() - startedAt)
        if (leftMs > 1 && extensions++ < EXTENSIONS) {
          timer = setTimeout(onTimeout, leftMs)
          return
        }
        const limit = printDuration(timeoutMs)
        stopOpen((waitedFor) =>
          leftMs > timeoutMs / 2
            ? { class: 'local', detail: `this server was too busy to wait for ${waitedFor}` }
            : waitedFor.startsWith('a free place')
              ? { class: 'local', detail: `waited ${limit} for ${waitedFor}` }
              : { class: 'timeout', detail: `waited ${limit} for ${waitedFor}` },
        )
      }
      let timer = setTimeout(onTimeout, timeoutMs)

      if (closed || signal?.aborted === true) {
        finished.push({
          asked: asked[0] ?? nowhere(target),
          outcome: { class: 'local', detail: 'the probe was cancelled' },
        })
        return conclude()
      }
      if (asked.length === 0) {
        finished.push({ asked: nowhere(target), outcome: { class: 'local', detail: 'the node has no address' } })
        return conclude()
      }
      running.add(abandon)
      signal?.addEventListener('abort', onAbort, { once: true })
      let left = asked.length
      for (const one of asked) {
        let settled = false
        const settle = (outcome: Outcome): void => {
          if (settled || over) return
          settled = true
          open.delete(one)
          finished.push({ asked: one, outcome: weigh(outcome, one, awake.nowMs() - startedAt) })
          if (--left === 0) conclude()
        }
        const unable = unableToReach(one)
        if (unable !== undefined) {
          settle({ class: 'local', detail: unable })
          continue
        }
        try {
          const attempt = begin(one, settle)
          if (!settled) open.set(one, attempt)
        } catch (error) {
          // What throws here was refused before a packet left: an option that the check should not have had.
          settle({ class: 'local', detail: error instanceof Error ? error.message : String(error) })
        }
      }
    })

  return {
    probe,
    describe: () => ({
      icmp: icmp.describe(),
      ipv6: hasIpv6() ? 'probed' : `not probed: ${NO_IPV6}; nodes are judged by their IPv4 addresses`,
    }),
    close: async () => {
      closed = true
      for (const abandon of [...running]) abandon('the server is stopping')
      icmp.close()
      await patterns.close()
    },
  }
}

/** Every address of the node; the source address goes with those of its own family. */
function askedOf(target: ProbeTarget): Asked[] {
  const source = target.check.source
  const sourceFamily = source === undefined ? 0 : source.includes(':') ? 6 : 4
  return [...target.node.a, ...target.node.aaaa].map((octets) => {
    const family = octets.length === 4 ? 4 : 6
    return {
      node: target.node.name,
      check: target.check,
      address: printAddress(octets),
      family,
      host: target.host,
      source: family === sourceFamily ? source : undefined,
    }
  })
}

function nowhere(target: ProbeTarget): Asked {
  return { node: target.node.name, check: target.check, address: '', family: 4, host: target.host, source: undefined }
}

/** The response-time budget: a success that took longer is `slow` (and so is no failure, but counts half). */
function weigh(outcome: Outcome, asked: Asked, durationMs: number): Outcome {
  const budget = asked.check.budgetMs
  if (outcome.class !== 'ok' || budget === undefined || durationMs <= budget) return outcome
  return {
    ...outcome,
    class: 'slow',
    detail: `${outcome.detail} in ${printDuration(durationMs)}, budget ${printDuration(budget)}`,
  }
}

/** The worst outcome speaks for the node; words and warnings of all its addresses are kept. */
function combine(
  finished: readonly Finished[],
  addresses: number,
): Pick<ProbeResult, 'ok' | 'class' | 'detail' | 'word' | 'warning'> {
  let worst = finished[0]!
  for (const one of finished) if (SEVERITY[one.outcome.class] > SEVERITY[worst.outcome.class]) worst = one
  const warnings = new Set<string>()
  let word: NodeWord | undefined
  for (const { asked, outcome } of finished) {
    if (outcome.warning !== undefined) warnings.add(outcome.warning)
    // That this server has no IPv6 is said once, in `describe`, and not for each of ten thousand nodes.
    if (outcome.class === 'local' && worst.outcome.class !== 'local' && outcome.detail !== NO_IPV6)
      warnings.add(`${asked.address} was not probed: ${outcome.detail}`)
    if (outcome.word !== undefined) word = worseWord(word, outcome.word)
  }
  const { outcome, asked } = worst
  const ok = outcome.class === 'ok' || outcome.class === 'slow'
  const named = addresses > 1 && !ok && !outcome.detail.includes(asked.address)
  return {
    ok,
    class: outcome.class,
    detail: named ? `${asked.address}: ${outcome.detail}` : outcome.detail,
    ...(word === undefined ? {} : { word }),
    ...(warnings.size === 0 ? {} : { warning: [...warnings].join('; ') }),
  }
}

const STATE_RANK = { ready: 0, drain: 1, maint: 2 } as const

/** Two addresses of one node may disagree: the more careful word holds. */
function worseWord(a: NodeWord | undefined, b: NodeWord): NodeWord {
  if (a === undefined) return b
  const state =
    a.state === undefined || (b.state !== undefined && STATE_RANK[b.state] > STATE_RANK[a.state]) ? b.state : a.state
  const weightPercent = least(a.weightPercent, b.weightPercent)
  const load = a.load === undefined ? b.load : b.load === undefined ? a.load : Math.max(a.load, b.load)
  return {
    ...(state === undefined ? {} : { state }),
    ...(weightPercent === undefined ? {} : { weightPercent }),
    ...(load === undefined ? {} : { load }),
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}

const NO_IPV6 = 'this server has no IPv6 address'
/** Interfaces come and go slowly, and listing them is a round of system calls. */
const INTERFACES_FOR_MS = 10_000
let interfacesReadAt = Number.NEGATIVE_INFINITY
let ipv6Seen = true

/** True where an interface has an IPv6 address that reaches further than its link. */
function hasIpv6(): boolean {
  const now = performance.now()
  if (now - interfacesReadAt > INTERFACES_FOR_MS) {
    interfacesReadAt = now
    ipv6Seen = Object.values(networkInterfaces()).some((list) =>
      list?.some((one) => one.family === 'IPv6' && !one.internal && !/^fe[89ab]/i.test(one.address)),
    )
  }
  return ipv6Seen
}

/**
 * A server without any IPv6 address of its own cannot judge a node's: the kernel would say "network unreachable", which sounds like
 * the node's fault and is ours.
 */
function unableToReach(asked: Asked): string | undefined {
  if (asked.family !== 6 || isLoopback(asked.address) || asked.check.probe.kind === 'command') return undefined
  return hasIpv6() ? undefined : NO_IPV6
}

function isLoopback(address: string): boolean {
  const octets = parseAddress(address)
  return octets !== undefined && octets.length === 16 && octets.every((octet, i) => octet === (i === 15 ? 1 : 0))
}
