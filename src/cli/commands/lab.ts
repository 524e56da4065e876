/**
 * The lab: what the health engine makes of a scenario, or of recorded probes, on virtual time.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { hasErrors, parseDurationMs, printDuration, printIssue } from '../../base/index.ts'
import type { HysteresisView, NodeView, PoolView } from '../../control/index.ts'
import { plainWorld, type ReplayWorld, replayProbes, runScenario, tuneProbes } from '../../lab/index.ts'
import { ALL_DOWN_MODES } from '../../steer/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import { duration } from './changes.ts'
import { examples } from './examples.ts'
import { list } from './views.ts'

interface LabOptions {
  readonly scenario?: string
  readonly probes?: string
  readonly profile?: string
  readonly adaptive?: boolean
  readonly seed?: number
}

const PROFILES = ['eager', 'normal', 'patient'] as const
/** Lines of output that are written together. */
const LINES_AT_A_TIME = 500

export function addLabCommands(program: Command, act: Act): void {
  program
    .command('lab')
    .description('run a scenario, or recorded probes, through the code that serves, on virtual time')
    .option('--scenario <file>', 'JSON lines; - reads standard input')
    .option('--probes <file>', 'recorded probe results, JSON lines; - reads standard input')
    .addOption(new Option('--profile <profile>', 'in place of what the file says').choices(PROFILES))
    .option('--adaptive', 'with adaptive patience')
    .option('--seed <n>', 'the same seed, the same run', (text) => {
      if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A seed is a whole number.')
      return Number(text)
    })
    .addHelpText(
      'after',
      examples([
        'meridian lab --scenario outage.jsonl --seed 7',
        'meridian lab --scenario outage.jsonl --profile patient | tail -1',
      ]),
    )
    .action(
      act(async (context: Context, options: LabOptions) => {
        if ((options.scenario === undefined) === (options.probes === undefined))
          throw new Failure('Name a scenario with --scenario FILE, or recorded probes with --probes FILE.', {
            exit: EXIT.usage,
          })
        const file = options.scenario ?? options.probes!
        const lines = await linesOf(file)
        const run = options.scenario === undefined ? replayProbes : runScenario
        const { issues, output } = run(lines, {
          file: file === '-' ? 'standard input' : file,
          ...(options.profile === undefined ? {} : { profile: options.profile }),
          ...(options.adaptive === undefined ? {} : { adaptive: options.adaptive }),
          ...(options.seed === undefined ? {} : { seed: options.seed }),
        })
        if (hasErrors(issues))
          throw failureOf(
            issues,
            options.scenario === undefined ? 'Nothing was replayed.' : 'The scenario was not run.',
          )
        for (const issue of issues) context.terminal.note(printIssue(issue))
        // JSON lines are what the lab prints, whoever reads them; in blocks, because ten days of flapping are a million lines.
        let block: string[] = []
        for (const line of output) {
          if (block.push(line) < LINES_AT_A_TIME) continue
          context.terminal.out(block.join('\n'))
          block = []
        }
        context.terminal.out(block.join('\n'))
      }),
    )

  program
    .command('tune <pool>')
    .description("what another profile would have done with a pool's own past")
    .addOption(new Option('--profile <profile>', 'try this one').choices(PROFILES).makeOptionMandatory())
    .addOption(
      new Option('--from <profile>', 'compare with this one, in place of what the pool has now').choices(PROFILES),
    )
    .option('--adaptive', 'with adaptive patience')
    .option('--since <duration>', 'how much of the past', duration, '30d')
    .option('--probes <file>', 'recorded probe results, in place of what the server kept')
    .addHelpText(
      'after',
      examples(['meridian tune germany --profile patient', 'meridian tune germany --profile eager --since 7d']),
    )
    .action(act(tune))
}

interface TuneOptions {
  readonly profile: string
  readonly from?: string
  readonly adaptive?: boolean
  readonly since: string
  readonly probes?: string
}

/** A pool's past, and what the pool is now. */
interface Past {
  readonly lines: readonly string[]
  readonly world: ReplayWorld
  /** what it has now, in words */
  readonly now: string
  readonly epochMs: number | undefined
}

async function tune(context: Context, pool: string, options: TuneOptions): Promise<undefined> {
  const past =
    options.probes === undefined ? await recorded(context, pool, options.since) : await fromFile(options.probes)
  const { world } = past
  const adaptive = options.adaptive === true
  // What another profile changes is its figures; where the pool is and how far it may shrink stays.
  const wearing = (profile: string, with_: boolean): ReplayWorld => ({
    ...world,
    hysteresis: plainWorld({ profile, adaptive: with_ }).hysteresis,
  })
  const { issues, report } = tuneProbes(past.lines, {
    from: options.from === undefined ? world : wearing(options.from, false),
    to: wearing(options.profile, adaptive),
    epochMs: past.epochMs,
    file: options.probes ?? '',
  })
  if (report === undefined) throw failureOf(issues, 'There is nothing to replay.')
  context.print(report, () =>
    [
      `${options.from ?? past.now} -> ${options.profile}${adaptive ? ', adaptive' : ''}, pool ${pool}:`,
      ...report.sentences.map((each) => `  ${each}`),
    ].join('\n'),
  )
}

async function fromFile(file: string): Promise<Past> {
  const world = plainWorld({})
  return { lines: await linesOf(file), world, now: world.hysteresis.profile, epochMs: undefined }
}

/** What the server kept of the probes of a pool's members, as JSON lines. */
async function recorded(context: Context, pool: string, since: string): Promise<Past> {
  const api = context.api()
  const view = await api.get<PoolView>(`/v1/pools/${encodeURIComponent(pool)}`)
  const { members, check, hysteresis } = view
  if (check === null || hysteresis === null) throw new Failure(`Pool ${pool} is not checked: there is nothing to tune.`)
  const epochMs = Date.now() - parseDurationMs(since)!
  const from = new Date(epochMs).toISOString()
  const search = new URLSearchParams({ check, since: from })
  const names = new Set(members.map((member) => member.node))
  const text = new TextDecoder().decode(await api.download(`/v1/probes?${search}`))
  const lines = text.split('\n').filter((line) => line !== '' && names.has((JSON.parse(line) as { node: string }).node))
  if (lines.length === 0)
    throw new Failure(`The server kept no probe of pool ${pool} since ${from}.`, {
      advice: 'Ask again when it has run for a while.',
    })
  const nodes = await list<NodeView>(context, '/v1/nodes', 'nodes')
  const figures = figuresOf(hysteresis)
  return {
    lines,
    world: {
      hysteresis: figures,
      timeoutMs: hysteresis.timeoutSeconds * 1000,
      sites: new Map(nodes.flatMap(({ name, site }) => (site === null ? [] : [[name, site] as const]))),
      minInService: { nodes: Math.max(1, view.floor) },
      allDown: ALL_DOWN_MODES.find((mode) => mode === view.allDown) ?? 'all',
    },
    now: `now (${figures.profile}, remove_after ${printDuration(figures.removeAfterMs)}${figures.adaptive ? ', adaptive' : ''})`,
    epochMs,
  }
}

function figuresOf(view: HysteresisView): ReplayWorld['hysteresis'] {
  const plain = plainWorld({ profile: view.profile }).hysteresis
  return {
    ...plain,
    intervalMs: view.intervalSeconds * 1000,
    suspectIntervalMs: view.suspectIntervalSeconds * 1000,
    downIntervalMs: view.downIntervalSeconds * 1000,
    removeAfterMs: view.removeAfterSeconds * 1000,
    restoreAfterMs: view.restoreAfterSeconds * 1000,
    drain: view.drain,
    adaptive: view.adaptive,
  }
}

async function linesOf(file: string): Promise<string[]> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) lines.push(line)
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}.`)
  }
  return lines
}
