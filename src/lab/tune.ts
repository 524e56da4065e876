/**
 * What another profile would have done with a pool's own past: "false removals 0.02 -> 0.9 per node-day".
 */
import { type Issue, printDuration } from '../base/index.ts'
import type { Figures } from './figures.ts'
import { OUTAGE_MS, parseRecorded, type Recorded } from './recorded.ts'
import { type ReplayWorld, replayFigures } from './replay.ts'

export interface TuneOptions {
  /** what the pool has now */
  readonly from: ReplayWorld
  readonly to: ReplayWorld
  /** epoch ms of t = 0; undefined: times are told as they stand in the recording */
  readonly epochMs?: number | undefined
  readonly file?: string
}

export interface TunedOutage {
  readonly node: string
  /** epoch ms where `epochMs` is known, else ms after t = 0 */
  readonly startedAtMs: number
  /** seconds until the node was found down; undefined: it was not */
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
/** Of less past than this, a rate per node-day is a guess. */
const LEAST_NODE_DAYS = 1
/** Recordings count from their own beginning, or from 1970: nothing was recorded before this. */
const FIRST_EPOCH_MS = Date.UTC(2000, 0, 1)

/** Replays recorded probes under two profiles and tells the difference. */
export function tuneProbes(
  lines: Iterable<string>,
  options: TuneOptions,
): { readonly issues: readonly Issue[]; readonly report: TuneReport | undefined } {
  const { recorded, issues } = parseRecorded(lines, options.file ?? '')
  if (recorded === undefined) return { issues, report: undefined }
  const epochMs = options.epochMs ?? 0
  const before = replayFigures(recorded, options.from)
  const after = replayFigures(recorded, options.to)
  const outages: TunedOutage[] = recorded.nodes.flatMap((node, index) =>
    recorded.outages[index]!.map(({ fromMs }) => {
      const delay = (run: typeof before): number | undefined => {
        const found = run.findings.find((finding) => finding.node === node && finding.sinceMs === fromMs)
        return found === undefined ? undefined : (found.atMs - fromMs) / 1000
      }
      return { node, startedAtMs: epochMs + fromMs, beforeS: delay(before), afterS: delay(after) }
    }),
  )
  outages.sort((a, b) => a.startedAtMs - b.startedAtMs)
  const report = { before: before.figures, after: after.figures, outages }
  return { issues, report: { ...report, sentences: tell(report, recorded) } }
}

function tell({ before, after, outages }: Omit<TuneReport, 'sentences'>, recorded: Recorded): string[] {
  const removals = `false removals ${before.false_removals} -> ${after.false_removals}`
  const nodes = recorded.nodes.length
  const span = printDuration(Math.round((recorded.untilMs - recorded.fromMs) / 1000) * 1000)
  const past = `${span} of ${nodes} node${nodes === 1 ? '' : 's'}`
  const sentences = [
    before.node_days >= LEAST_NODE_DAYS
      ? `false removals ${before.false_removals_per_node_day} -> ${after.false_removals_per_node_day} per node-day ` +
        `(${before.false_removals} -> ${after.false_removals} in ${past})`
      : `${removals} in ${past}: too little past to tell how many a day`,
    `changes of the answers ${total(before)} -> ${total(after)}`,
  ]
  const difference = ({ beforeS, afterS }: TunedOutage): number =>
    Math.abs((beforeS ?? Number.POSITIVE_INFINITY) - (afterS ?? Number.POSITIVE_INFINITY)) || 0
  const told = outages.filter((outage) => difference(outage) >= 1).sort((a, b) => difference(b) - difference(a))
  for (const outage of told.slice(0, MOST_TOLD)) sentences.push(tellOutage(outage))
  const minute = printDuration(OUTAGE_MS)
  const unfound = outages.filter(({ beforeS, afterS }) => beforeS === undefined && afterS === undefined).length
  if (unfound > 0) sentences.push(`${unfound} of ${outages.length} outages would not have been found by either`)
  if (outages.length === 0) sentences.push(`there was no outage of ${minute} or more to compare`)
  else if (told.length === 0 && unfound === 0)
    sentences.push(
      outages.length === 1
        ? 'the one outage would have been found as soon as it was'
        : `all ${outages.length} outages would have been found as soon as they were`,
    )
  else if (told.length > MOST_TOLD) sentences.push(`and ${told.length - MOST_TOLD} outages more that differ less`)
  sentences.push(
    `an outage is ${minute} or longer without one good probe; to take a node out for less, or for no failure of its own, is a false removal`,
  )
  return sentences
}

function tellOutage({ node, startedAtMs, beforeS, afterS }: TunedOutage): string {
  const when =
    startedAtMs < FIRST_EPOCH_MS
      ? `t = ${Math.round(startedAtMs / 1000)} s`
      : `${new Date(startedAtMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const outage = `the outage of ${node} at ${when}`
  if (beforeS === undefined) return `${outage}, which was not found, is found after ${printSeconds(afterS!)}`
  if (afterS === undefined) return `${outage}, found after ${printSeconds(beforeS)}, is not found any more`
  const seconds = printSeconds(Math.abs(beforeS - afterS))
  return `${outage} found ${seconds} ${afterS < beforeS ? 'sooner' : 'later'} (after ${printSeconds(beforeS)} -> ${printSeconds(afterS)})`
}

function printSeconds(seconds: number): string {
  return printDuration(Math.round(seconds * 10) * 100)
}

function total(figures: Figures): number {
  return figures.answer_changes_per_hour.reduce((sum, n) => sum + n, 0)
}
