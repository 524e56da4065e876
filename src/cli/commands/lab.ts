/**
 * The lab: what the health engine makes of a scenario, or of recorded probes, on virtual time.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { hasErrors, parseDurationMs, printIssue } from '../../base/index.ts'
import type { PoolView } from '../../control/index.ts'
import { replayProbes, runScenario, tuneProbes } from '../../lab/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import { duration } from './changes.ts'
import { examples } from './examples.ts'

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
    .addOption(new Option('--from <profile>', 'what the pool has now').choices(PROFILES).default('normal'))
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
  readonly from: string
  readonly adaptive?: boolean
  readonly since: string
  readonly probes?: string
}

async function tune(context: Context, pool: string, options: TuneOptions): Promise<undefined> {
  const lines =
    options.probes === undefined ? await recorded(context, pool, options.since) : await linesOf(options.probes)
  const { issues, report } = tuneProbes(lines, {
    from: { profile: options.from },
    to: { profile: options.profile, adaptive: options.adaptive === true },
    file: options.probes ?? '',
  })
  if (report === undefined) throw failureOf(issues, 'There is nothing to replay.')
  context.print(report, () =>
    [
      `${options.from} -> ${options.profile}${options.adaptive === true ? ', adaptive' : ''}, pool ${pool}:`,
      ...report.sentences.map((each) => `  ${each}`),
    ].join('\n'),
  )
}

/** What the server kept of the probes of a pool's members, as JSON lines. */
async function recorded(context: Context, pool: string, since: string): Promise<string[]> {
  const api = context.api()
  const { members, check } = await api.get<PoolView>(`/v1/pools/${encodeURIComponent(pool)}`)
  if (check === null) throw new Failure(`Pool ${pool} is not checked: there is nothing to tune.`)
  const from = new Date(Date.now() - parseDurationMs(since)!).toISOString()
  const search = new URLSearchParams({ check, since: from })
  const names = new Set(members.map((member) => member.node))
  const text = new TextDecoder().decode(await api.download(`/v1/probes?${search}`))
  const lines = text.split('\n').filter((line) => line !== '' && names.has((JSON.parse(line) as { node: string }).node))
  if (lines.length === 0)
    throw new Failure(`The server kept no probe of pool ${pool} since ${from}.`, {
      advice: 'Ask again when it has run for a while.',
    })
  return lines
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
