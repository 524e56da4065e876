/**
 * The metrics of nodes, written out by hand: at 10,000 nodes these are 60,000 lines, and a registry that keeps an object for
 * each would hold up probes for most of a second at every scrape. Here a scrape passes over the nodes once, and lets others
 * in between.
 */
import type { Control } from '../control/index.ts'
import { deadNodeLeavesMs } from '../health/index.ts'

const FAMILIES = {
  node_health: '1 for the health a node has by a check.',
  node_bad_seconds: 'Seconds of badness of a node by a check.',
  node_remove_after_seconds: 'Seconds of badness at which a node leaves.',
  node_flaps: 'Flaps of a node by a check; they fade.',
  node_next_change_timestamp_seconds: 'When the health of a node by a check can change at the earliest.',
  check_dead_node_leaves_seconds: 'Seconds after which a dead node leaves, about.',
  node_intent: '1 for what the operator wants of a node.',
  node_in_service: '1 when a node is in the answers of a pool.',
} as const

/** Nodes between two breaths: a few milliseconds of work. */
const NODES_AT_ONCE = 500

/** @returns text in the exposition format of Prometheus, with a final newline */
export async function printNodeMetrics(control: Control): Promise<string> {
  const lines: Record<keyof typeof FAMILIES, string[]> = {
    node_health: [],
    node_bad_seconds: [],
    node_remove_after_seconds: [],
    node_flaps: [],
    node_next_change_timestamp_seconds: [],
    check_dead_node_leaves_seconds: [],
    node_intent: [],
    node_in_service: [],
  }
  const fleet = control.fleet()
  let count = 0
  // The names as they are now: nodes may come and go between two breaths.
  for (const name of [...control.steering().nodes.keys()]) {
    if (++count % NODES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
    const node = `node="${escapeLabel(name)}"`
    for (const view of fleet.health(name)) {
      const labels = `${node},check="${escapeLabel(view.check)}"`
      lines.node_health.push(`{${labels},health="${view.health}"} 1`)
      lines.node_bad_seconds.push(`{${labels}} ${view.badMs / 1000}`)
      lines.node_remove_after_seconds.push(`{${labels}} ${view.removeAfterMs / 1000}`)
      lines.node_flaps.push(`{${labels}} ${view.flaps}`)
      if (view.nextChangeMs !== undefined && Number.isFinite(view.nextChangeMs))
        lines.node_next_change_timestamp_seconds.push(`{${labels}} ${view.nextChangeMs / 1000}`)
    }
    lines.node_intent.push(`{${node},intent="${fleet.intent(name).kind}"} 1`)
  }
  for (const check of control.steering().checks.values()) {
    const seconds = deadNodeLeavesMs(check.hysteresis, check.timeoutMs) / 1000
    lines.check_dead_node_leaves_seconds.push(`{check="${escapeLabel(check.name)}"} ${seconds}`)
  }
  for (const pool of [...control.steering().pools.keys()]) {
    const label = `pool="${escapeLabel(pool)}"`
    const members = fleet.standing(pool)?.members ?? []
    count += members.length
    if (count > NODES_AT_ONCE) {
      count = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const member of members)
      lines.node_in_service.push(`{node="${escapeLabel(member.node)}",${label}} ${member.inService ? 1 : 0}`)
  }
  let text = ''
  for (const [family, help] of Object.entries(FAMILIES) as [keyof typeof FAMILIES, string][]) {
    const name = `meridian_${family}`
    text += `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`
    for (const line of lines[family]) text += `${name}${line}\n`
  }
  return text
}

function escapeLabel(label: string): string {
  return /[\\"\n]/.test(label) ? label.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`)) : label
}
