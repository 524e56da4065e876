/**
 * The server itself: serve, check, reload, plan, tokens, export, backup and restore.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { WeighedPlan } from '../../api/index.ts'
import { hasErrors, type Issue, printIssue, sortIssues } from '../../base/index.ts'
import type { Accepted, Difference } from '../../control/index.ts'
import { parseSocketAddress, readSettings, SETTINGS_KEYS } from '../../loader/index.ts'
import { restoreFrom } from '../../store/index.ts'
import type { Act, Context } from '../context.ts'
import { checkDelegation } from '../delegation.ts'
import { type DnsServer, printServer } from '../dns-client.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import { printTable } from '../table.ts'
import { worldDns } from '../world-dns.ts'
import { duration, tell } from './changes.ts'
import { clock, examples, list } from './views.ts'

const repeat = (text: string, before: readonly string[] = []): string[] => [...before, text]

export function addServeCommand(program: Command, act: Act): void {
  const serve = program
    .command('serve')
    .description('run the name server')
    .option('--config <file>', 'settings (default ./meridian.yaml, if there is one)')
    .option('--replace', 'take over from the server that runs on the same addresses, losing no query')
    .addHelpText(
      'after',
      `\nEach option is a key of meridian.yaml too, and an environment variable: --log-level is MERIDIAN_LOG_LEVEL.\n${examples(
        [
          'meridian serve --config /etc/meridian/meridian.yaml',
          'meridian serve --listen 0.0.0.0:53 --listen [::]:53 --zones /etc/meridian/zones',
        ],
      )}`,
    )
  for (const key of SETTINGS_KEYS) {
    // --api is the program's own option: where the API is, for the server and its clients.
    if (key.flag === 'api') continue
    const flags = `--${key.flag} <${key.value.toLowerCase()}>`
    if (key.kind === 'list') serve.option(flags, key.help, repeat)
    else serve.option(flags, key.help)
  }
  serve.action(
    act(async (context: Context, options: Record<string, string | string[] | boolean>) => {
      const flags: Record<string, string | string[]> = {}
      for (const key of SETTINGS_KEYS) {
        const camel = key.flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
        const value = key.flag === 'api' ? context.options.api : options[camel]
        if (typeof value === 'string' || Array.isArray(value)) flags[key.flag] = value
      }
      const config = options.config
      return context.ports.serve({
        config: typeof config === 'string' ? config : undefined,
        flags,
        replace: options.replace === true,
      })
    }),
  )
}

interface CheckFlags {
  readonly config?: string
  readonly delegation?: string
  readonly resolver?: string
  readonly parent?: readonly string[]
  readonly port?: string
}

function addressOf(text: string): DnsServer {
  const address = parseSocketAddress(text, 53)
  if (address === undefined)
    throw new Failure(`"${text}" is no address of a name server.`, {
      exit: EXIT.usage,
      advice: 'Write it as 192.0.2.53, 192.0.2.53:5300 or [2001:db8::53]:53.',
    })
  return address
}

/** The zone as its file has it; undefined where this machine has no file of it, or none that loads: then the network is all there is. */
async function ownZone(context: Context, flags: CheckFlags, folder: string | undefined, zone: string) {
  const report = await context.ports.check({ config: flags.config, folder })
  const name = `${zone.replace(/\.$/, '').toLowerCase()}.`
  return report.zones.find((each) => each.name === name)
}

async function tellDelegation(context: Context, zone: string, flags: CheckFlags, folder: string | undefined) {
  const resolver = flags.resolver === undefined ? undefined : addressOf(flags.resolver)
  const port = Number(flags.port ?? 53)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Failure(`"${flags.port}" is no port.`, { exit: EXIT.usage })
  const report = await checkDelegation(
    zone,
    worldDns({
      resolver: resolver === undefined ? undefined : printServer(resolver),
      parents: (flags.parent ?? []).map(addressOf),
    }),
    { own: await ownZone(context, flags, folder, zone), port },
  )
  const errors = report.issues.filter((issue) => issue.severity === 'error').length
  const delegated = !report.issues.some((issue) => issue.code === 'delegation/none')
  context.print(report, () =>
    [
      ...(report.parent === undefined
        ? []
        : [
            `${report.zone} is ${delegated ? '' : 'not '}delegated by ${report.parent === '.' ? 'the root' : report.parent}`,
          ]),
      ...report.nameServers.map(
        ({ name, addresses, serials }) =>
          `  ${name}  ${addresses.join(' ')}  ${serials.length === 0 ? 'no serial' : `serial ${[...new Set(serials)].join(', ')}`}`,
      ),
      ...report.issues.map((issue) => paintIssue(context, issue)),
      errors > 0
        ? context.terminal.paint('red', count(errors, 'error'))
        : `${context.terminal.paint('green', 'ok')}: the parent says what the zone says`,
    ].join('\n'),
  )
  return errors > 0 ? EXIT.failed : EXIT.done
}

export function addServerCommands(program: Command, act: Act): void {
  program
    .command('check [dir]')
    .description('check zone and steering files, offline: every issue of every file')
    .option('--config <file>', 'settings (default ./meridian.yaml, if there is one)')
    .option('--delegation <zone>', 'instead: ask the network whether the parent says what the zone says')
    .option('--resolver <address>', "with --delegation: the resolver to ask (default: this machine's)")
    .option(
      '--parent <address>',
      'with --delegation: a server of the zone above (repeatable; default: looked up)',
      repeat,
    )
    .option('--port <port>', 'with --delegation: where the name servers listen, in a rehearsal', '53')
    .addHelpText(
      'after',
      examples([
        'meridian check',
        'meridian check ./zones && git push',
        'meridian check --json | jq .issues',
        'meridian check --delegation example.com',
        'meridian check --delegation example.com --parent 192.0.2.1 --port 5300',
      ]),
    )
    .action(
      act(async (context: Context, dir: string | undefined, options: CheckFlags) => {
        if (options.delegation !== undefined) return tellDelegation(context, options.delegation, options, dir)
        const report = await context.ports.check({ config: options.config, folder: dir })
        const issues = sortIssues(report.issues)
        const errors = issues.filter((issue) => issue.severity === 'error').length
        const rest = issues.length - errors
        context.print({ ...report, issues }, () =>
          [
            ...issues.map((issue) => paintIssue(context, issue)),
            errors > 0
              ? context.terminal.paint(
                  'red',
                  `${count(errors, 'error')}${rest > 0 ? `, ${count(rest, 'warning or note', 'warnings and notes')}` : ''}`,
                )
              : `${context.terminal.paint('green', 'ok')}: ${count(report.zones.length, 'zone')}, ${count(report.steeredRecords, 'steered record')}, ${count(
                  report.pools,
                  'pool',
                )}, ${count(report.nodes, 'node')}${rest > 0 ? `; ${count(rest, 'warning or note', 'warnings and notes')}` : ''}`,
          ].join('\n'),
        )
        return hasErrors(issues) ? EXIT.failed : EXIT.done
      }),
    )

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

  addTokenCommands(program, act)

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

interface TokenView {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly scope?: {
    readonly zones: readonly string[]
    readonly pools: readonly string[]
    readonly nodes: readonly string[]
  }
  readonly created?: string
  readonly createdBy?: string
  readonly expires?: string | null
  readonly token?: string
}

function addTokenCommands(program: Command, act: Act): void {
  const token = program
    .command('token')
    .description('API tokens: create, list, revoke')
    .addHelpText('after', examples(['meridian token create ana --role operator']))
  token
    .command('create <name>')
    .description('make a token; it is shown once')
    .requiredOption('--role <role>', 'viewer, operator or admin')
    .option('--zone <zone>', 'only for this zone (repeatable)', repeat)
    .option('--pool <pool>', 'only for this pool (repeatable)', repeat)
    .option('--node <node>', 'only for this node (repeatable)', repeat)
    .option('--expires <duration>', 'ends after this time', duration)
    .addHelpText(
      'after',
      examples([
        'meridian token create grafana --role viewer',
        'meridian token create deploy --role operator --pool germany --expires 90d',
      ]),
    )
    .action(
      act(async (context: Context, name: string, options: Readonly<Record<string, string | string[]>>) => {
        const body = {
          name,
          role: options.role,
          scope: { zones: options.zone ?? [], pools: options.pool ?? [], nodes: options.node ?? [] },
          expires: options.expires,
        }
        const made = await context.api().send<TokenView>('POST', '/v1/tokens', body)
        context.print(made, () => made.token ?? '')
        if (!context.json)
          context.terminal.note(
            'This is the only time it is shown. Use it as MERIDIAN_TOKEN, or as Authorization: Bearer TOKEN.',
          )
      }),
    )
  token
    .command('list')
    .description('who may do what')
    .addHelpText('after', examples(['meridian token list']))
    .action(
      act(async (context: Context) => {
        const tokens = await list<TokenView>(context, '/v1/tokens', 'tokens')
        context.print(tokens, () =>
          printTable(
            context.terminal,
            [
              { title: 'id', cell: (each) => each.id },
              { title: 'name', cell: (each) => each.name },
              { title: 'role', cell: (each) => each.role },
              {
                title: 'only',
                cell: (each) =>
                  Object.values(each.scope ?? {})
                    .flat()
                    .join(' ') || 'everything',
              },
              { title: 'created', cell: (each) => clock(each.created ?? null) },
              { title: 'by', cell: (each) => each.createdBy ?? '-' },
              { title: 'expires', cell: (each) => clock(each.expires ?? null) },
            ],
            tokens,
            'No tokens.',
          ),
        )
      }),
    )
  token
    .command('revoke <id>')
    .description('by id or name: it opens nothing any more')
    .addHelpText('after', examples(['meridian token revoke deploy']))
    .action(
      act(async (context: Context, id: string) =>
        tell(context, await context.api().send<Accepted>('DELETE', `/v1/tokens/${encodeURIComponent(id)}`)),
      ),
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

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

function paintIssue(context: Context, issue: Issue): string {
  const [head = '', ...rest] = printIssue(issue).split('\n')
  return [
    context.terminal.paint(issue.severity === 'error' ? 'red' : issue.severity === 'warning' ? 'yellow' : 'dim', head),
    ...rest,
  ].join('\n')
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
