/**
 * The lab: what the health engine makes of a scenario, or of recorded probes, on virtual time.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, InvalidArgumentError } from 'commander'
import { hasErrors } from '../../base/index.ts'
import { runScenario } from '../../lab/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import { examples } from './views.ts'

interface LabOptions {
  readonly scenario?: string
  readonly probes?: string
  readonly profile?: string
  readonly adaptive?: boolean
  readonly seed?: number
}

export function addLabCommands(program: Command, act: Act): void {
  program
    .command('lab')
    .description('run a scenario, or recorded probes, through the code that serves, on virtual time')
    .option('--scenario <file>', 'JSON lines; - reads standard input')
    .option('--probes <file>', 'recorded probe results, JSON lines; - reads standard input')
    .option('--profile <profile>', 'eager, normal or patient, in place of what the file says')
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
        const { issues, output } = runScenario(lines, {
          file: file === '-' ? 'standard input' : file,
          ...(options.profile === undefined ? {} : { profile: options.profile }),
          ...(options.adaptive === undefined ? {} : { adaptive: options.adaptive }),
          ...(options.seed === undefined ? {} : { seed: options.seed }),
        })
        if (hasErrors(issues)) throw failureOf(issues, 'The scenario was not run.')
        // JSON lines are what the lab prints, whoever reads them.
        for (const line of output) context.terminal.out(line)
      }),
    )
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
