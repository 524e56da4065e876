/**
 * What a running server is asked to do with its files and its database: reload, plan, export, backup, restore.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { WeighedPlan } from '../../api/index.ts'
import type { Accepted, Difference } from '../../control/index.ts'
import { readSettings } from '../../loader/index.ts'
import { restoreFrom } from '../../store/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import { duration, tell } from './changes.ts'
import { examples } from './examples.ts'

export function addServerCommands(program: Command, act: Act): void {
  program
    .command('reload')
    .description('take up changed files now; all of them load, or none does')
    .option('--force', 'although it takes away much, or empties a pool in use')
    .option('--confirm-within <duration>', 'go back by itself unless confirmed', duration)
    .option('--confirm', 'let the reload stay that waits for it')
    .addHelpText(
      'after',
      examples([
        'meridian plan && meridian reload',
        'meridian reload --confirm-within 10m',
        'meridian reload --confirm',
      ]),
    )
    .action(
      act(
        async (
          context: Context,
          options: { readonly force?: boolean; readonly confirmWithin?: string; readonly confirm?: boolean },
        ) => {
          const api = context.api()
          if (options.confirm === true) return tell(context, await api.send<Accepted>('POST', '/v1/reload/confirm'))
          const body = { force: options.force, confirm_within: options.confirmWithin }
          return tell(context, await api.send<Accepted>('POST', '/v1/reload', body))
        },
      ),
    )

  program
    .command('plan')
    .description('what a reload would do now; exit 3 when it would be held')
    .addHelpText('after', examples(['meridian plan', 'meridian plan --json | jq .moves']))
    .action(
      act(async (context: Context) => {
        const plan = await context.api().get<WeighedPlan>('/v1/plan')
        context.print(plan, () => printPlan(context, plan))
        return plan.harms.length > 0 ? EXIT.refused : EXIT.done
      }),
    )

  program
    .command('export')
    .description('declared and added state as one steering file that loads')
    .option('--output <file>', 'write it there')
    .addHelpText('after', examples(['meridian export > copy.yaml', 'meridian export --output /backup/steering.yaml']))
    .action(
      act(async (context: Context, options: { readonly output?: string }) => {
        const octets = await context.api().download('/v1/export')
        const text = new TextDecoder().decode(octets).replace(/\n$/, '')
        if (options.output === undefined) context.terminal.out(context.json ? JSON.stringify({ steering: text }) : text)
        else save(context, options.output, octets)
      }),
    )

  program
    .command('backup <file>')
    .description("a copy of the database, taken while the server runs, on the server's machine")
    .addHelpText('after', examples(['meridian backup /backup/meridian-$(date +%F).db']))
    .action(
      act(async (context: Context, file: string) => {
        // The server writes it, on the machine where the server is.
        const done = await context
          .api()
          .send<{ readonly file: string; readonly octets: number }>('POST', '/v1/backup', { file: resolve(file) })
        context.print(done, () => `${done.file}: ${done.octets} octets`)
      }),
    )

  program
    .command('restore <file>')
    .description('put a backup in the place of the database; the server must be stopped')
    .option('--config <file>', 'settings (default ./meridian.yaml, if there is one)')
    .option('--force', 'over a database that is there: it is kept beside as meridian.db.before-restore')
    .addHelpText(
      'after',
      examples(['systemctl stop meridian && meridian restore /backup/meridian.db --force && systemctl start meridian']),
    )
    .action(
      act((context: Context, file: string, options: { readonly config?: string; readonly force?: boolean }) => {
        const { settings, issues } = readSettings({ config: options.config, environment: context.environment })
        if (settings === undefined) throw failureOf(issues, 'The settings do not tell where the database is.')
        if (!existsSync(file)) throw new Failure(`There is no file ${file}.`)
        const database = join(settings.data, 'meridian.db')
        if (existsSync(database) && options.force !== true)
          throw new Failure(`${database} is there already.`, {
            exit: EXIT.refused,
            advice: `With --force it is kept as ${database}.before-restore. Stop the server first.`,
          })
        try {
          mkdirSync(settings.data, { recursive: true, mode: 0o700 })
          restoreFrom(file, database)
        } catch (error) {
          throw new Failure((error as Error).message)
        }
        context.print({ restored: database, from: file }, () => `${database} is what ${file} holds; start the server.`)
      }),
    )
}

function save(context: Context, file: string, octets: Uint8Array): void {
  try {
    // Backups hold token hashes and what operators wrote: not for everyone.
    writeFileSync(file, octets, { mode: 0o600 })
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as Error).message}.`)
  }
  context.print({ file, octets: octets.length }, () => `${file}: ${octets.length} octets`)
}

/** @param share of the last hour's steered answers, at the most */
function shareOf(share: number | null | undefined): string {
  if (share === undefined || share === null) return ''
  return share < 0.001
    ? ' (hardly any of the last hour)'
    : ` (at most ${Math.round(share * 1000) / 10} % of the last hour)`
}

function printPlan(context: Context, plan: WeighedPlan): string {
  if (plan.empty) return 'The files say what is in force: a reload would change nothing.'
  const { paint } = context.terminal
  const of = (what: string, difference: Difference): string[] => [
    ...difference.added.map((name) => paint('green', `  + ${what} ${name}`)),
    ...difference.removed.map((name) => paint('red', `  - ${what} ${name}`)),
    ...difference.changed.map((each) => paint('yellow', `  ~ ${what} ${each.name}: ${each.what.join(', ')}`)),
  ]
  return [
    'A reload would change:',
    ...of('zone', plan.zones),
    ...of('record', plan.records),
    ...of('pool', plan.pools),
    ...of('node', plan.nodes),
    ...of('check', plan.checks),
    ...plan.moves.map(
      (move) =>
        `  > ${move.record} ${move.clients}: ${move.from === '' ? 'nobody' : move.from} -> ${move.to === '' ? 'nobody' : move.to}${shareOf(move.share)}`,
    ),
    ...plan.warnings.map((warning) => paint('yellow', `  ! ${warning}`)),
    ...(plan.harms.length === 0
      ? ['`meridian reload` takes it up.']
      : [
          paint('red', 'It would be held:'),
          ...plan.harms.map((harm) => `  ${harm.message}`),
          'Only `meridian reload --force` takes it up.',
        ]),
  ].join('\n')
}
