/**
 * The prober: which kind of check is begun how, and what they share (one TLS context, one thread for patterns, one socket for pings).
 *
 *   probe(target) ──▶ attempt per address ──▶ outcomes ──▶ the worst of them ──▶ ProbeResult
 *
 * A node with A and AAAA is one node: it is well when all its addresses are, and both families leave and return together
 *. An outcome that is our own fault (`local`) says nothing about the node and yields to any that does: a
 * server without IPv6 still judges a dual-stack node by its IPv4.
 */
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { unreachable } from '../base/index.ts'
import type { ProbeTarget } from '../control/index.ts'
import type { ProbeResult } from '../health/index.ts'
import { AwakeClock } from './awake-clock.ts'
import { beginCommand } from './command.ts'
import { beginDns } from './dns.ts'
import { hasIpv6, NO_IPV6 } from './families.ts'
import { Gate } from './gate.ts'
import { beginHttp } from './http.ts'
import { Icmp } from './icmp.ts'
import type { Asked, Attempt, Settle } from './outcome.ts'
import { PatternMatcher } from './pattern.ts'
import { ProbeRun } from './probe-run.ts'
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

export function createProber(options: ProberOptions): Prober {
  const nowMs = options.nowMs ?? Date.now
  const patterns = new PatternMatcher()
  const icmp = new Icmp()
  const commands = new Gate(options.commands ?? 32)
  const awake = new AwakeClock()
  const running = new Set<ProbeRun>()
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
      const cancel = (): void => run.abandon('the probe was cancelled')
      const run = new ProbeRun(target, nowMs(), awake, (result) => {
        running.delete(run)
        signal?.removeEventListener('abort', cancel)
        resolve(result)
      })
      if (closed || signal?.aborted === true) return cancel()
      running.add(run)
      signal?.addEventListener('abort', cancel, { once: true })
      run.start(begin)
    })

  return {
    probe,
    describe: () => ({
      icmp: icmp.describe(),
      ipv6: hasIpv6() ? 'probed' : `not probed: ${NO_IPV6}; nodes are judged by their IPv4 addresses`,
    }),
    close: async () => {
      closed = true
      for (const run of [...running]) run.abandon('the server is stopping')
      icmp.close()
      await patterns.close()
    },
  }
}
