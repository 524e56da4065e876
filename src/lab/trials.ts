/**
 * The trials that the health engine must pass: each a scenario as `meridian lab` reads it, and a bar.
 * Where a bar is about the moment of a detection, one node after the other meets the trouble, so that a run gives ten samples.
 */
import type { LabSummary } from './run.ts'

export interface Trial {
  readonly name: string
  readonly title: string
  readonly bar: string
  /** JSON lines */
  readonly lines: readonly string[]
  /** @returns what is wrong; undefined: it passes */
  readonly judge: (summary: LabSummary) => string | undefined
  /** the figure worth printing */
  readonly figure: (summary: LabSummary) => string
}

const TEN = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
const DAY = 86_400
const HOUR = 3600

type Line = Readonly<Record<string, unknown>>
type Judge = Trial['judge']

/** All trials. @param days of those that count rare events; the bars are meant for ten, and take seconds each */
export function healthTrials(days = 10): readonly Trial[] {
  return [
    loss('S1a', 0.01, 0, days),
    loss('S1b', 0.05, 0, days),
    loss('S1c', 0.2, 0.6, days),
    trial('S2', 'bursts of 8 s on average, every 30 min', 'fewer than 4.5 per node-day', bursts(days, false), {
      judge: (s) => most('false removals per node-day', s.false_removals_per_node_day, 4.5),
      figure: perNodeDay,
    }),
    trial('S2b', 'the same with adaptive, after the first day', 'fewer than 1.5 per node-day', bursts(days, true), {
      judge: (s) => most('false removals per node-day after the first day', laterRemovals(s), 1.5),
      figure: (s) => `${laterRemovals(s).toFixed(2)} per node-day`,
    }),
    trial('S3', 'rolling restarts, 15 s each', 'none removed', rolling(), {
      judge: (s) => most('changes of the answers', changes(s), 0),
      figure: (s) => `${changes(s)} changes`,
    }),
    trial('S5', 'the vantage is cut off for 60 s, and for 10 min', 'nobody removed', cutOff(), {
      judge: (s) => most('changes of the answers', changes(s), 0) ?? alerted(s, 'isolated'),
      figure: (s) => `${changes(s)} changes`,
    }),
    trial('S7', 'one node dead, ten times', 'out within 27 s', inTurn({ truth: 'down' }, 120, 600), {
      judge: (s) => found(s, 10) ?? most('slowest detection', s.detect_s.max ?? 0, 27),
      figure: detection,
    }),
    trial('S8', 'a whole site dead: 3 of 9 nodes', 'all three out within 35 s', sites(), {
      judge: (s) => found(s, 9) ?? most('slowest detection', s.detect_s.max ?? 0, 35),
      figure: detection,
    }),
    trial(
      'S9',
      'brown-out: half of the probes fail',
      'out; median at most 110 s',
      inTurn({ truth: 'brownout', loss: 0.5 }, 900, 1800),
      {
        judge: (s) => found(s, 10) ?? most('median detection', s.detect_s.p50 ?? 0, 110),
        figure: detection,
      },
    ),
    trial('S10', 'flapper: 45 s up, 45 s down, 6 h', 'at most 12 changes in the first hour, 8 later', flapper(), {
      judge: (s) =>
        most('changes in the first hour', s.answer_changes_per_hour[0] ?? 0, 12) ??
        most('changes in a later hour', Math.max(...s.answer_changes_per_hour.slice(1)), 8),
      figure: (s) => `${s.answer_changes_per_hour.join(' ')} changes`,
    }),
    trial('S11', 'a wrong check is pushed', 'floor and budget hold; an alert; never empty', wrongCheck(), {
      judge: (s) => most('changes of the answers', changes(s), 0) ?? alerted(s, 'check-suspect'),
      figure: (s) => `${changes(s)} changes, ${s.alerts.length} alerts`,
    }),
    trial('S12a', 'the name server restarts while nodes die', 'S7 and the probe that was lost', restartsInOutages(), {
      judge: (s) => found(s, 10) ?? most('slowest detection', s.detect_s.max ?? 0, 29),
      figure: detection,
    }),
    trial('S12b', 'the name server restarts every hour, 5 % loss', 'no false removal', restartsInLoss(), {
      judge: (s) => most('changes of the answers', changes(s), 0),
      figure: (s) => `${changes(s)} changes`,
    }),
  ]
}

function trial(
  name: string,
  title: string,
  bar: string,
  lines: readonly Line[],
  look: { readonly judge: Judge; readonly figure: Trial['figure'] },
): Trial {
  const judge: Judge = (summary) => most('empty answers', summary.empty_answers, 0) ?? look.judge(summary)
  return { name, title, bar, lines: lines.map((line) => JSON.stringify(line)), judge, figure: look.figure }
}

function loss(name: string, probability: number, bar: number, days: number): Trial {
  const lines = [
    { nodes: TEN, until: days * DAY },
    ...TEN.map((node) => ({ t: 0, node, truth: 'up', loss: probability })),
  ]
  return trial(name, `independent loss ${probability * 100} %`, `at most ${bar} per node-day`, lines, {
    judge: (s) => most('false removals per node-day', s.false_removals_per_node_day, bar),
    figure: perNodeDay,
  })
}

function bursts(days: number, adaptive: boolean): Line[] {
  const every = TEN.map((node) => ({ t: 0, node, truth: 'bursts', mean: 8, every: 1800 }))
  return [{ nodes: TEN, until: days * DAY, adaptive }, ...every]
}

function rolling(): Line[] {
  const turns = TEN.flatMap((node, i) => [
    { t: 60 + 20 * i, node, truth: 'down' },
    { t: 75 + 20 * i, node, truth: 'up' },
  ])
  return [{ nodes: TEN, until: 600 }, ...turns]
}

function cutOff(): Line[] {
  const outages = [
    [300, 360],
    [1000, 1600],
  ].flatMap(([from, to]) => [
    { t: from, vantage: 'self', truth: 'isolated' },
    { t: to, vantage: 'self', truth: 'up' },
  ])
  return [{ nodes: TEN, sites: threeSites(TEN), until: 2400 }, ...outages]
}

/** One node after the other is in trouble for `length` seconds, every `period` seconds; odd seconds, so that no phase repeats. */
function inTurn(trouble: Line, length: number, period: number): Line[] {
  const turns = TEN.flatMap((node, i) => [
    { t: 300.7 + (period + 1.3) * i, node, ...trouble },
    { t: 300.7 + (period + 1.3) * i + length, node, truth: 'up' },
  ])
  return [{ nodes: TEN, until: 600 + (period + 1.3) * TEN.length }, ...turns]
}

function sites(): Line[] {
  const nine = TEN.slice(0, 9)
  const turns = ['s0', 's1', 's2'].flatMap((site, i) => [
    { t: 300 + 1201.7 * i, site, truth: 'down' },
    { t: 420 + 1201.7 * i, site, truth: 'up' },
  ])
  return [{ nodes: nine, sites: threeSites(nine), until: 4200 }, ...turns]
}

function flapper(): Line[] {
  const turns = Array.from({ length: 240 }, (_, i) => [
    { t: 90 * i, node: 'a', truth: 'up' },
    { t: 90 * i + 45, node: 'a', truth: 'down' },
  ]).flat()
  return [{ nodes: TEN, until: 6 * HOUR }, ...turns]
}

function wrongCheck(): Line[] {
  return [
    { nodes: TEN, sites: threeSites(TEN), until: 1800 },
    { t: 600, check: 'wrong' },
    { t: 1200, check: 'right' },
  ]
}

function restartsInOutages(): Line[] {
  const restarts = TEN.map((_, i) => ({ t: 300.7 + 601.3 * i + 2.1 * i, restart: true }))
  return [...inTurn({ truth: 'down' }, 120, 600), ...restarts]
}

function restartsInLoss(): Line[] {
  const restarts = Array.from({ length: 24 }, (_, i) => ({ t: HOUR * i + 100.3, restart: true }))
  return [{ nodes: TEN, until: DAY }, ...TEN.map((node) => ({ t: 0, node, truth: 'up', loss: 0.05 })), ...restarts]
}

function threeSites(nodes: readonly string[]): Record<string, string> {
  return Object.fromEntries(nodes.map((node, i) => [node, `s${i % 3}`]))
}

function most(what: string, value: number, bar: number): string | undefined {
  return value <= bar ? undefined : `${what}: ${value}, more than ${bar}`
}

function found(summary: LabSummary, outages: number): string | undefined {
  const { detections, undetected } = summary
  if (undetected > 0) return `${undetected} outages were not found`
  return detections >= outages ? undefined : `${detections} of ${outages} outages were found`
}

function alerted(summary: LabSummary, code: string): string | undefined {
  return summary.alerts.some((alert) => alert.code === code) ? undefined : `no alert ${code}`
}

function changes(summary: LabSummary): number {
  return summary.answer_changes_per_hour.reduce((sum, n) => sum + n, 0)
}

/** Each false removal is a departure and a return. */
function laterRemovals(summary: LabSummary): number {
  const later = summary.answer_changes_per_hour.slice(24).reduce((sum, n) => sum + n, 0)
  return later / 2 / (summary.node_days - TEN.length)
}

function perNodeDay(summary: LabSummary): string {
  return `${summary.false_removals_per_node_day} per node-day`
}

function detection(summary: LabSummary): string {
  const { p50, max } = summary.detect_s
  return `median ${p50} s, slowest ${max} s`
}
