/**
 * API tokens: created (shown once), listed, revoked.
 */
import { type Command, Option } from 'commander'
import { type Accepted, ROLES } from '../../control/index.ts'
import { clock } from '../clock.ts'
import type { Act, Context } from '../context.ts'
import { printTable } from '../table.ts'
import { duration, tell } from './changes.ts'
import { examples } from './examples.ts'
import { list } from './views.ts'

const repeat = (text: string, before: readonly string[] = []): string[] => [...before, text]

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

export function addTokenCommands(program: Command, act: Act): void {
  const token = program
    .command('token')
    .description('API tokens: create, list, revoke')
    .addHelpText('after', examples(['meridian token create ana --role operator']))
  token
    .command('create <name>')
    .description('make a token; it is shown once')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
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
