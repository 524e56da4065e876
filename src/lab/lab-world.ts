/**
 * The steering that a scenario stands for: its nodes in one pool under one check, as a file would declare them.
 */
import type { Steering } from '../steer/index.ts'
import type { Scenario } from './scenario.ts'

export const LAB_POOL = 'lab'
export const LAB_CHECK = 'lab'

const origin = { kind: 'file', file: 'scenario', line: 1, column: 1 } as const

/** @param version another one is another question to the nodes: a check that was edited */
export function labSteering(
  scenario: Omit<Scenario, 'events' | 'seed' | 'untilMs' | 'vantages'>,
  version: number,
): Steering {
  const { nodes, sites, hysteresis, timeoutMs } = scenario
  return {
    nodes: new Map(
      nodes.map((name) => [name, { name, a: [], aaaa: [], site: sites.get(name), weight: 100, origin }] as const),
    ),
    sites: new Map(
      [...new Set(sites.values())].map((name) => [name, { name, country: undefined, at: undefined, origin }]),
    ),
    checks: new Map([
      [
        LAB_CHECK,
        {
          name: LAB_CHECK,
          probe: { kind: 'tcp', port: 80, send: version === 0 ? undefined : `version ${version}`, expect: undefined },
          timeoutMs,
          budgetMs: undefined,
          source: undefined,
          hysteresis,
          origin,
        },
      ],
    ]),
    pools: new Map([
      [
        LAB_POOL,
        {
          name: LAB_POOL,
          zone: undefined,
          members: nodes.map((node) => ({ node, weight: undefined, standby: false, origin })),
          check: LAB_CHECK,
          minInService: scenario.minInService,
          allDown: scenario.allDown,
          fallback: undefined,
          warmUpMs: scenario.warmUpMs,
          removalShare: 0.25,
          removalWindowMs: 60_000,
          loadAware: false,
          standby: { joinAbove: 0.8, joinAfterMs: 300_000, leaveBelow: 0.3 },
          origin,
        },
      ],
    ]),
    records: new Map(),
    schedules: new Map(),
  }
}
