/**
 * The journal: what operators did and what was observed, from the beginning or as it happens.
 */
import { type Command, Option } from 'commander'
import { parseDurationMs } from '../../base/index.ts'
import type { JournalEntry } from '../../control/index.ts'
import { clock } from '../clock.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import { oneLine } from '../table.ts'
import type { Style, Terminal } from '../terminal.ts'
import { examples } from './examples.ts'

interface EventOptions {
  readonly follow?: boolean
  readonly since?: string
  readonly node?: string
  readonly pool?: string
  readonly kind?: string
  readonly author?: string
  readonly limit?: string
}

/** An entry as the API writes it: the journal's, its time as ISO 8601 text. */
type EventView = Omit<JournalEntry, 'atMs'> & { readonly at?: string; readonly atMs?: number }

export function addEventsCommand(program: Command, act: Act): void {
  program
    .command('events')
    .description('the journal: every write and every change of health')
    .option('--follow', 'go on as it happens, until ^C')
    .option('--since <when>', 'a time ago (1h, 7d) or a date (2026-05-03, 2026-05-03T12:00)')
    .option('--node <node>', 'of this node')
    .option('--pool <pool>', 'of this pool')
    .addOption(
      new Option('--kind <kind>', 'only these').choices(['write', 'health', 'service', 'alert', 'reload', 'system']),
    )
    .option('--author <name>', 'of this author')
    .option('--limit <n>', 'at most so many, the newest', '1000')
    .addHelpText(
      'after',
      examples([
        'meridian events --since 1h',
        'meridian events --follow --node de-1',
        'meridian events --kind write --since 7d --json',
      ]),
    )
    .action(
      act(async (context: Context, options: EventOptions) => {
        const since = sinceOf(options.since)
        const query = {
          node: options.node,
          pool: options.pool,
          kind: options.kind,
          author: options.author,
          since: since?.toISOString(),
          limit: options.limit,
        }
        const api = context.api()
        const body = await api.get<readonly EventView[] | { readonly events: readonly EventView[] }>(
          '/v1/events',
          query,
        )
        const events = 'events' in body ? body.events : body
        const one = (event: EventView): void =>
          context.terminal.out(context.json ? JSON.stringify(event) : printEvent(context.terminal, event))
        if (options.follow !== true) {
          if (context.json) context.print(events, () => '')
          else if (events.length === 0) context.terminal.note('No events.')
          else events.forEach(one)
          return
        }
        events.slice(options.since === undefined ? -10 : 0).forEach(one)
        const search = new URLSearchParams()
        for (const key of ['node', 'pool', 'kind', 'author'] as const)
          if (query[key] !== undefined) search.set(key, query[key])
        const path = search.size === 0 ? '/v1/events/stream' : `/v1/events/stream?${search}`
        for await (const event of api.follow<EventView>(path, events.at(-1)?.id)) one(event)
      }),
    )
}

function sinceOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const ms = parseDurationMs(text)
  const at = ms === undefined ? new Date(text) : new Date(Date.now() - ms)
  if (Number.isNaN(at.getTime()))
    throw new Failure(`--since ${text}: this is no time.`, {
      exit: EXIT.usage,
      advice: 'Write 1h, 7d or 2026-05-03T12:00.',
    })
  return at
}

const STYLES: Readonly<Record<string, Style>> = { alert: 'red', write: 'cyan', health: 'yellow', reload: 'magenta' }

function printEvent(terminal: Terminal, event: EventView): string {
  const style = STYLES[event.kind]
  const kind = event.kind.padEnd(7)
  const reason = event.reason === undefined || event.message.includes(event.reason) ? '' : ` (${event.reason})`
  const at = event.at ?? new Date(event.atMs ?? 0).toISOString()
  return `${clock(at)}  ${style === undefined ? kind : terminal.paint(style, kind)}  ${oneLine(event.message + reason)}`
}
