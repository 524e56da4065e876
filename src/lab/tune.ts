/**
 * What another profile would have done with a pool's own past: "false removals 0.02 -> 0.9 per node-day".
 */
import { type Issue, printDuration } from '../base/index.ts'
import type { Figures } from './figures.ts'
import { parseRecorded } from './recorded.ts'
import { hysteresisOf, replayFigures } from './replay.ts'

export interface TuneOptions {
  /** what the pool has now; default normal */
  readonly from?: { readonly profile?: string; readonly adaptive?: boolean }
  readonly to: { readonly profile?: string; readonly adaptive?: boolean }
  readonly file?: string
}

export interface TunedOutage {
  readonly node: string
  readonly startedAtMs: number
  /** seconds until the node was out; undefined: it stayed */
  readonly beforeS: number | undefined
  readonly afterS: number | undefined
}

export interface TuneReport {
  readonly before: Figures
  readonly after: Figures
  readonly outages: readonly TunedOutage[]
  /** for people, the figure that matters most first */
  readonly sentences: readonly string[]
}

/** Sentences about single outages; the rest is in `outages`. */
const MOST_TOLD = 5

/** Replays recorded probes under two profiles and tells the difference. */
export function tuneProbes(
  lines: Iterable<string>,
  options: TuneOptions,
): { readonly issues: readonly Issue[]; readonly report: TuneReport | undefined } {
  const { recorded, issues } = parseRecorded(lines, options.file ?? '')
  if (recorded === undefined) return { issues, report: undefined }
  const before = replayFigures(recorded, hysteresisOf(options.from ?? {}))
  const after = replayFigures(recorded, hysteresisOf(options.to))
  const outages: TunedOutage[] = recorded.nodes.flatMap((node, index) =>
    recorded.outages[index]!.map(({ fromMs }) => {
      const delay = (run: typeof before): number | undefined => {
        const found = run.detections.find((detection) => detection.node === node && detection.sinceMs === fromMs)
        return found === undefined ? undefined : (found.atMs - fromMs) / 1000
      }
      return { node, startedAtMs: fromMs, beforeS: delay(before), afterS: delay(after) }
    }),
  )
  outages.sort((a, b) => a.startedAtMs - b.startedAtMs)
  const report = { before: before.figures, after: after.figures, outages }
  return { issues, report: { ...report, sentences: tell(report) } }
}

function tell({ before, after, outages }: Omit<TuneReport, 'sentences'>): string[] {
  const sentences = [
    `false removals ${before.false_removals_per_node_day} -> ${after.false_removals_per_node_day} per node-day ` +
      `(${before.false_removals} -> ${after.false_removals} in ${before.node_days} node-days)`,
    `changes of the answers ${total(before)} -> ${total(after)}`,
  ]
  const difference = ({ beforeS, afterS }: TunedOutage): number =>
    Math.abs((beforeS ?? Number.POSITIVE_INFINITY) - (afterS ?? Number.POSITIVE_INFINITY)) || 0
  const told = outages.filter((outage) => difference(outage) >= 1).sort((a, b) => difference(b) - difference(a))
  for (const outage of told.slice(0, MOST_TOLD)) sentences.push(tellOutage(outage))
  if (outages.length === 0) sentences.push('there was no outage of a minute or more to compare')
  else if (told.length === 0) sentences.push(`all ${outages.length} outages would have been found as soon as they were`)
  else if (told.length > MOST_TOLD) sentences.push(`and ${told.length - MOST_TOLD} outages more that differ less`)
  return sentences
}

function tellOutage({ node, startedAtMs, beforeS, afterS }: TunedOutage): string {
  const when = new Date(startedAtMs).toISOString().slice(0, 19).replace('T', ' ')
  const outage = `the outage of ${node} at ${when} UTC`
  if (beforeS === undefined && afterS === undefined) return `${outage} stays unfound`
  if (beforeS === undefined) return `${outage}, which was not found, is found after ${printDuration(afterS! * 1000)}`
  if (afterS === undefined) return `${outage}, found after ${printDuration(beforeS * 1000)}, is not found any more`
  const seconds = printDuration(Math.abs(beforeS - afterS) * 1000)
  return `${outage} found ${seconds} ${afterS < beforeS ? 'sooner' : 'later'}`
}

function total(figures: Figures): number {
  return figures.answer_changes_per_hour.reduce((sum, n) => sum + n, 0)
}
