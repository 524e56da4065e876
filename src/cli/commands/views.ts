/**
 * What is: status, nodes, pools, records, zones. Tables for people, JSON for scripts, --watch for a screen on the wall.
 */
import type { Command } from 'commander'
import { parseDurationMs } from '../../base/index.ts'
import type { NodeHealth, NodeView, PoolView, RecordView, ZoneView } from '../../control/index.ts'
import { clock } from '../clock.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { examples } from './examples.ts'
import {
  printNode,
  printNodes,
  printPool,
  printPools,
  printRecords,
  printStatus,
  printZones,
  type Status,
} from './print-views.ts'

interface WatchOption {
  readonly watch?: string | true
}

export function addViewCommands(program: Command, act: Act): void {
  const watchable = (command: Command): Command =>
    command.option('--watch [interval]', 'show it anew every interval (default 2s) until ^C')

  watchable(program.command('status'))
    .description('what the server answers with, and what is wrong; exit 1 when it is critical')
    .addHelpText(
      'after',
      examples(['meridian status', 'meridian status --watch 5s', 'meridian status --json | jq .status']),
    )
    .action(
      act((context: Context, options: WatchOption) =>
        show(
          context,
          options,
          () => context.api().get<Status>('/v1/health'),
          printStatus,
          (status) => (status.status === 'critical' ? EXIT.failed : EXIT.done),
        ),
      ),
    )

  watchable(program.command('nodes [node]'))
    .description('nodes: health, intent, and whether they are answered; with a name all about one')
    .addHelpText('after', examples(['meridian nodes', 'meridian nodes de-1', 'meridian nodes --watch']))
    .action(
      act((context: Context, node: string | undefined, options: WatchOption) =>
        node === undefined
          ? show(context, options, () => list<NodeView>(context, '/v1/nodes', 'nodes'), printNodes)
          : show(
              context,
              options,
              () => context.api().get<NodeHealth>(`/v1/health/nodes/${encodeURIComponent(node)}`),
              printNode,
            ),
      ),
    )

  watchable(program.command('pools [pool]'))
    .description('pools: members, floor, who is sent there')
    .addHelpText('after', examples(['meridian pools', 'meridian pools germany']))
    .action(
      act((context: Context, pool: string | undefined, options: WatchOption) =>
        show(
          context,
          options,
          async () => only(await list<PoolView>(context, '/v1/pools', 'pools'), pool, 'pool'),
          (terminal, pools) => (pool === undefined ? printPools(terminal, pools) : printPool(terminal, pools[0]!)),
        ),
      ),
    )

  watchable(program.command('records [name]'))
    .description('steered records: which clients get which pool, and the nodes in it now')
    .addHelpText('after', examples(['meridian records', 'meridian records video.portal.example']))
    .addHelpText('after', examples(['meridian records', 'meridian records video.portal.example']))
    .action(
      act((context: Context, name: string | undefined, options: WatchOption) =>
        show(
          context,
          options,
          async () =>
            only(await list<RecordView>(context, '/v1/records', 'records'), name && absolute(name), 'steered record'),
          printRecords,
        ),
      ),
    )

  watchable(program.command('zones'))
    .description('zones that are served')
    .addHelpText('after', examples(['meridian zones']))
    .action(
      act((context: Context, options: WatchOption) =>
        show(context, options, () => list<ZoneView>(context, '/v1/zones', 'zones'), printZones),
      ),
    )
}

const absolute = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`

/** The API's lists come as a list, or under their name. */
export async function list<T>(context: Context, path: string, key: string): Promise<readonly T[]> {
  const body = await context.api().get<readonly T[] | Readonly<Record<string, readonly T[]>>>(path)
  return Array.isArray(body) ? body : ((body as Readonly<Record<string, readonly T[]>>)[key] ?? [])
}

function only<T extends { readonly name: string }>(
  all: readonly T[],
  name: string | undefined,
  what: string,
): readonly T[] {
  if (name === undefined) return all
  const found = all.filter((each) => each.name === name)
  if (found.length === 0)
    throw new Failure(`There is no ${what} "${name}".`, {
      advice:
        all.length === 0
          ? undefined
          : `There are: ${all
              .map((each) => each.name)
              .slice(0, 20)
              .join(', ')}.`,
    })
  return found
}

/** Prints once, or again and again. */
async function show<T>(
  context: Context,
  options: WatchOption,
  load: () => Promise<T>,
  print: (terminal: Terminal, value: T) => string,
  exit: (value: T) => number = () => EXIT.done,
): Promise<number> {
  if (options.watch === undefined) {
    const value = await load()
    context.print(value, () => print(context.terminal, value))
    return exit(value)
  }
  const everyMs = options.watch === true ? 2000 : parseDurationMs(options.watch)
  if (everyMs === undefined || everyMs < 100)
    throw new Failure(`--watch ${options.watch}: this is no interval.`, {
      exit: EXIT.usage,
      advice: 'Write it as 2s or 500ms.',
    })
  for (;;) {
    const text = await load().then(
      (value) => (context.json ? JSON.stringify(value) : print(context.terminal, value)),
      (error: Error) => context.terminal.paint('red', error.message),
    )
    if (context.json) context.terminal.out(text)
    else context.terminal.redraw(`${context.terminal.paint('dim', clock(new Date()))}\n${text}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
