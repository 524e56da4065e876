/**
 * Status, nodes, pools, records and zones as tables and lines for people.
 */
import { printDuration } from '../../base/index.ts'
import type { HealthView, NodeHealth, NodeView, PoolView, RecordView, ZoneView } from '../../control/index.ts'
import type { SecondaryStatus } from '../../transfer/index.ts'
import { ago, clock, until } from '../clock.ts'
import { type Column, oneLine, printTable, styleOf } from '../table.ts'
import type { Terminal } from '../terminal.ts'

/** GET /v1/health: what control says, and what the process says of itself. */
export interface Status extends HealthView {
  readonly version?: string
  readonly uptimeSeconds?: number
  readonly serving?: {
    readonly driver: string
    readonly reason: string
    readonly addresses: readonly string[]
    readonly threads: readonly { readonly kind: string; readonly state: string; readonly restarts: number }[]
  }
  readonly databases?: readonly {
    readonly kind: string
    readonly file: string
    readonly builtIn: boolean
    readonly built: string
    readonly ageDays: number
  }[]
  readonly secondaries?: readonly SecondaryStatus[]
}

const nodeColumns: readonly Column<NodeView>[] = [
  { title: 'node', cell: (node) => node.name },
  { title: 'addresses', cell: (node) => [...node.a, ...node.aaaa].join(' ') },
  {
    title: 'site',
    cell: (node) => (node.site === null ? '-' : `${node.site}${node.country === null ? '' : ` (${node.country})`}`),
  },
  { title: 'health', cell: (node) => node.health, style: (node) => styleOf(node.health) },
  { title: 'for', cell: (node) => ago(node.since), right: true },
  { title: 'bad', cell: (node) => (node.badSeconds === 0 ? '-' : `${node.badSeconds.toFixed(1)}s`), right: true },
  { title: 'intent', cell: (node) => node.intent.kind, style: (node) => styleOf(node.intent.kind) },
  {
    title: 'answered',
    cell: (node) => (node.inService ? (node.pools.some((pool) => pool.kept) ? 'kept' : 'yes') : 'no'),
    style: (node) => styleOf(node.inService ? 'yes' : 'no'),
  },
  { title: 'weight', cell: (node) => String(node.weight), right: true },
  { title: 'pools', cell: (node) => node.pools.map((pool) => pool.pool).join(' ') },
  { title: 'why', cell: (node) => whyOf(node) },
]

function whyOf(node: NodeView): string {
  if (node.intent.kind !== 'auto') {
    const until = node.intent.until === null ? '' : `, until ${clock(node.intent.until)}`
    return `${node.intent.kind} by ${node.intent.author ?? '?'}${node.intent.reason === null ? '' : `: ${node.intent.reason}`}${until}`
  }
  return node.reason
}

export function printNodes(terminal: Terminal, nodes: readonly NodeView[]): string {
  return printTable(
    terminal,
    nodeColumns,
    nodes,
    'No nodes yet. Declare some in a steering file, or `meridian add NODE --a ADDRESS --pool POOL`.',
  )
}

export function printNode(terminal: Terminal, node: NodeHealth): string {
  const lines = [
    `${terminal.paint('bold', node.name)}  ${[...node.a, ...node.aaaa].join(' ')}  ${paintState(terminal, node.health)}${
      node.intent.kind === 'auto' ? '' : `, ${paintState(terminal, node.intent.kind)}`
    }, ${node.inService ? 'answered' : 'not answered'}`,
    `declared in ${node.origin}, weight ${node.weight}${node.leaseUntil === null ? '' : `, lease until ${clock(node.leaseUntil)}`}`,
  ]
  if (node.intent.kind !== 'auto') lines.push(`${whyOf(node)} (since ${clock(node.intent.since)})`)
  for (const pool of node.pools)
    lines.push(
      `  pool ${pool.pool}: ${pool.inService ? `in the answers, share ${Math.round(pool.share * 100)} %` : 'not in the answers'}; ${oneLine(pool.why)}`,
    )
  for (const check of node.checks) {
    lines.push(
      '',
      `check ${check.check}: ${paintState(terminal, check.health)} for ${ago(check.since)}; ${oneLine(check.reason)}`,
      `  bad ${check.badSeconds.toFixed(1)} of ${check.removeAfterSeconds} s, flaps ${check.flaps}${
        check.nextChange === null ? '' : `, next change ${clock(check.nextChange)} at the earliest`
      }${check.load === null ? '' : `, load ${Math.round(check.load * 100)} %`}`,
      `  ${check.contract}`,
    )
    if (check.warning !== null) lines.push(`  ${terminal.paint('yellow', oneLine(check.warning))}`)
    for (const probe of check.lastProbes.slice(0, 10))
      lines.push(
        `  ${clock(probe.at)}  ${probe.ok ? 'ok  ' : terminal.paint('red', 'fail')}  ${probe.ms} ms  ${oneLine(probe.class)}  ${oneLine(probe.detail)}`,
      )
  }
  return lines.join('\n')
}

const paintState = (terminal: Terminal, state: string): string => {
  const style = styleOf(state)
  return style === undefined ? state : terminal.paint(style, state)
}

export function printPools(terminal: Terminal, pools: readonly PoolView[]): string {
  return printTable<PoolView>(
    terminal,
    [
      { title: 'pool', cell: (pool) => pool.name },
      { title: 'condition', cell: (pool) => pool.condition, style: (pool) => styleOf(pool.condition) },
      { title: 'fit', cell: (pool) => `${pool.fit} of ${pool.members.length}`, right: true },
      { title: 'floor', cell: (pool) => String(pool.floor), right: true },
      { title: 'check', cell: (pool) => pool.check ?? 'none' },
      { title: 'fallback', cell: (pool) => pool.fallback ?? '-' },
      {
        title: 'answered nodes',
        cell: (pool) =>
          pool.members
            .filter((member) => member.inService)
            .map((member) => member.node + (member.kept ? ' (kept)' : ''))
            .join(' '),
      },
    ],
    pools,
    'No pools yet: declare them in a steering file.',
  )
}

export function printPool(terminal: Terminal, pool: PoolView): string {
  const members = printTable(
    terminal,
    [
      { title: 'node', cell: (member) => member.node },
      { title: 'health', cell: (member) => member.health, style: (member) => styleOf(member.health) },
      { title: 'intent', cell: (member) => member.intent, style: (member) => styleOf(member.intent) },
      { title: 'answered', cell: (member) => (member.inService ? (member.kept ? 'kept' : 'yes') : 'no') },
      { title: 'share', cell: (member) => `${Math.round(member.share * 100)} %`, right: true },
      { title: 'weight', cell: (member) => String(member.weight), right: true },
      { title: 'why', cell: (member) => member.why },
    ],
    pool.members,
    'no members',
  )
  const clients = pool.clients.map((each) => `  ${each.record} ${each.clients}${each.strict ? ' (strict)' : ''}`)
  return [
    `${terminal.paint('bold', pool.name)}  ${paintState(terminal, pool.condition)}: ${pool.fit} of ${pool.members.length} fit, floor ${pool.floor}`,
    `check ${pool.check ?? 'none'}, fallback ${pool.fallback ?? 'none'}, all down: ${pool.allDown}; declared in ${pool.origin}`,
    'clients:',
    ...(clients.length === 0 ? ['  none: no rule sends anyone here'] : clients),
    '',
    members,
  ].join('\n')
}

export function printRecords(terminal: Terminal, records: readonly RecordView[]): string {
  const rows = records.flatMap((record) => record.rules.map((rule, i) => ({ record, rule, first: i === 0 })))
  return printTable(
    terminal,
    [
      { title: 'record', cell: ({ record, first }) => (first ? record.name : '') },
      { title: 'pick', cell: ({ record, first }) => (first ? record.pick : '') },
      {
        title: 'ttl',
        cell: ({ record, first }) => (first ? `${record.ttl.minSeconds}-${record.ttl.maxSeconds}s` : ''),
      },
      { title: 'clients', cell: ({ rule }) => rule.clients },
      { title: 'pool', cell: ({ rule }) => rule.pool },
      { title: 'condition', cell: ({ rule }) => rule.condition, style: ({ rule }) => styleOf(rule.condition) },
      { title: 'answered nodes', cell: ({ rule }) => rule.nodes.join(' ') },
    ],
    rows,
    'No steered records.',
  )
}

export function printZones(terminal: Terminal, zones: readonly ZoneView[]): string {
  return printTable(
    terminal,
    [
      { title: 'zone', cell: (zone) => zone.name },
      { title: 'serial', cell: (zone) => String(zone.serial), right: true },
      { title: 'records', cell: (zone) => String(zone.staticRecords), right: true },
      { title: 'steered', cell: (zone) => String(zone.steeredRecords), right: true },
      { title: 'from', cell: (zone) => zone.source },
    ],
    zones,
    'No zones: put a master file into the zones folder.',
  )
}

/** A zone that is kept as a copy: its version, and how long it may stand unconfirmed. */
export function printCopy(
  terminal: Terminal,
  { zone, state, serial, expiresAtMs, lastError }: SecondaryStatus,
): string {
  const left = expiresAtMs === undefined ? 0 : expiresAtMs - Date.now()
  const until = left > 0 ? `good for ${printDuration(left)} more` : 'answered with SERVFAIL'
  const what = serial === undefined ? 'nothing has come yet' : `serial ${serial}`
  const trouble = lastError === undefined ? '' : terminal.paint('yellow', ` (${oneLine(lastError)})`)
  return `copy of ${zone} ${state}, ${what}, ${until}${trouble}`
}

export function printStatus(terminal: Terminal, status: Status): string {
  const nodes = Object.entries(status.nodes)
  const pools = Object.entries(status.pools)
  const lines = [
    `${paintState(terminal, status.status)}  generation ${status.generation}${status.version === undefined ? '' : `, Meridian ${status.version}`}${
      status.uptimeSeconds === undefined ? '' : `, up ${printDuration(status.uptimeSeconds * 1000)}`
    }`,
    ...status.reasons.map((reason) => `  ${terminal.paint('yellow', oneLine(reason))}`),
  ]
  if (status.serving !== undefined) {
    const { addresses, driver, reason, threads } = status.serving
    const well = threads.filter((thread) => thread.state === 'serving').length
    lines.push(`serving ${addresses.join(', ')}; ${well} of ${threads.length} threads; driver ${driver} (${reason})`)
  }
  for (const database of status.databases ?? []) {
    const age = `built ${database.built.slice(0, 10)}, ${database.ageDays} days old`
    const advice = database.builtIn ? '; it comes with Meridian, better mount your own (geoip in meridian.yaml)' : ''
    lines.push(
      `places by ${database.kind}: ${database.builtIn ? 'the built-in database' : database.file}, ${age}${advice}`,
    )
  }
  for (const copy of status.secondaries ?? []) lines.push(printCopy(terminal, copy))
  lines.push(
    '',
    printTable(
      terminal,
      [
        { title: 'node', cell: ([name]) => name },
        { title: 'health', cell: ([, node]) => node.health, style: ([, node]) => styleOf(node.health) },
        { title: 'for', cell: ([, node]) => ago(node.since), right: true },
        {
          title: 'bad',
          cell: ([, node]) => (node.badSeconds === 0 ? '-' : `${node.badSeconds.toFixed(1)}s`),
          right: true,
        },
        { title: 'flaps', cell: ([, node]) => (node.flaps < 0.1 ? '-' : node.flaps.toFixed(1)), right: true },
        {
          title: 'next',
          cell: ([, node]) => (node.nextChange === null ? '-' : until(node.nextChange)),
          right: true,
        },
        { title: 'intent', cell: ([, node]) => node.intent, style: ([, node]) => styleOf(node.intent) },
        {
          title: 'answered',
          cell: ([, node]) => (node.inService ? 'yes' : 'no'),
          style: ([, node]) => styleOf(node.inService ? 'yes' : 'no'),
        },
        { title: 'why', cell: ([, node]) => node.reason },
      ],
      nodes,
      'No nodes yet.',
    ),
    '',
    printTable(
      terminal,
      [
        { title: 'pool', cell: ([name]) => name },
        { title: 'condition', cell: ([, pool]) => pool.condition, style: ([, pool]) => styleOf(pool.condition) },
        { title: 'fit', cell: ([, pool]) => `${pool.fit} of ${pool.members}`, right: true },
        { title: 'answered', cell: ([, pool]) => String(pool.inService), right: true },
        { title: 'floor', cell: ([, pool]) => String(pool.floor), right: true },
        { title: 'in use', cell: ([, pool]) => (pool.inUse ? 'yes' : 'no') },
      ],
      pools,
      'No pools yet.',
    ),
  )
  const checks = Object.entries(status.checks)
  if (checks.length > 0) lines.push('', ...checks.map(([name, { contract }]) => `check ${name}: ${contract}`))
  for (const issue of status.reload.ok ? [] : status.reload.issues.slice(0, 20))
    lines.push(
      '',
      `${issue.file}:${issue.line}:${issue.column}  ${issue.code}\n  ${oneLine(issue.message)}${issue.advice === undefined ? '' : `\n  ${issue.advice}`}`,
    )
  if (status.reload.confirmBy !== null)
    lines.push(
      '',
      terminal.paint(
        'yellow',
        `A reload goes back at ${clock(status.reload.confirmBy)} unless confirmed: meridian reload --confirm`,
      ),
    )
  return lines.join('\n')
}
