/**
 * What operators change: nodes added and removed, drained and resumed, weighed, forced. Each tells what came of it; a change
 * that a safety rule refuses ends with 3 and says what would break.
 */
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { parseAddress, parseDurationMs, printDuration } from '../../base/index.ts'
import type { Accepted, DrainProof, NodeView, Safety } from '../../control/index.ts'
import { clock } from '../clock.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import { oneLine } from '../table.ts'
import { examples } from './examples.ts'
import { list } from './views.ts'

export const duration = (text: string): string => {
  if (parseDurationMs(text) === undefined) throw new InvalidArgumentError('Write it as 30s, 10m, 2h or 7d.')
  return text
}
const addresses =
  (octets: 4 | 16) =>
  (text: string, before: readonly string[] = []): string[] => {
    const read = text.split(',').map((each) => each.trim())
    for (const each of read)
      if (parseAddress(each)?.length !== octets)
        throw new InvalidArgumentError(`${each} is no IPv${octets === 4 ? 4 : 6} address.`)
    return [...before, ...read]
  }
const several = (text: string, before: readonly string[] = []): string[] => [...before, ...text.split(',')]
const weight = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('A weight is a whole number from 0 to 65535.')
  return Number(text)
}

interface IntentFlags {
  readonly site?: string
  readonly reason?: string
  readonly for?: string
  readonly wait?: boolean
  readonly force?: boolean
  readonly timeout?: string
}

export function addChangeCommands(program: Command, act: Act): void {
  program
    .command('add <node>')
    .description('add a node while the server runs: probed first, then answered')
    .option('--a <address>', 'IPv4 address (repeatable)', addresses(4))
    .option('--aaaa <address>', 'IPv6 address (repeatable)', addresses(16))
    .option('--pool <pool>', 'a pool that it joins (repeatable)', several)
    .option('--site <site>', 'where it stands')
    .option('--weight <n>', 'its weight (default 100)', weight)
    .option('--lease <duration>', 'it leaves unless the same is said again within this time', duration)
    .option('--force', 'although a pool that it leaves falls under its floor')
    .addHelpText(
      'after',
      examples([
        'meridian add de-4 --a 192.0.2.14 --pool germany',
        'meridian add cloud-7 --a 192.0.2.77 --aaaa 2001:db8::77 --pool germany --lease 2m',
      ]),
    )
    .action(
      act(async (context: Context, node: string, options: Record<string, unknown>) => {
        if (options.a === undefined && options.aaaa === undefined)
          throw new Failure('A node needs an address.', {
            exit: EXIT.usage,
            advice: 'Give --a ADDRESS, --aaaa ADDRESS or both.',
          })
        const { pool, a = [], aaaa = [], site, weight: asked, lease, force } = options
        const body = { a, aaaa, pools: pool ?? [], site, weight: asked, lease, force }
        return tell(context, await context.api().send<Accepted>('PUT', `/v1/nodes/${encodeURIComponent(node)}`, body))
      }),
    )

  program
    .command('remove <node>')
    .description('take away a node that was added through the API')
    .option('--force', 'although a pool falls under its floor')
    .addHelpText('after', examples(['meridian remove de-4']))
    .action(
      act(async (context: Context, node: string, options: { readonly force?: boolean }) =>
        tell(
          context,
          await context
            .api()
            .send<Accepted>(
              'DELETE',
              `/v1/nodes/${encodeURIComponent(node)}${options.force === true ? '?force=true' : ''}`,
            ),
        ),
      ),
    )

  intent(program, act, 'drain', 'take a node, or a whole site, out of the answers')
    .option('--wait', 'until no resolver can still hold the address, so that it may be stopped')
    .option('--timeout <duration>', 'with --wait: give up after this time (default: never)', duration)
    .addHelpText(
      'after',
      examples([
        'meridian drain de-1 --reason "disk swap"',
        'meridian drain de-1 --for 2h --wait && ssh de-1 sudo poweroff',
        'meridian drain --site falkenstein --reason "power works" --force',
      ]),
    )
  intent(program, act, 'resume', 'undo a drain, disable or force: health decides again').addHelpText(
    'after',
    examples(['meridian resume de-1', 'meridian resume --site falkenstein']),
  )
  intent(program, act, 'disable', 'take a node out and probe it no more').addHelpText(
    'after',
    examples(['meridian disable de-1 --reason "returned to the vendor"']),
  )
  intent(program, act, 'force-up', 'answer a node whatever its health').addHelpText(
    'after',
    examples(['meridian force-up de-1 --for 1h --reason "the check is wrong"']),
  )
  intent(program, act, 'force-down', 'do not answer a node whatever its health').addHelpText(
    'after',
    examples(['meridian force-down de-1 --for 30m']),
  )

  program
    .command('weight <node> <n>')
    .description('set the weight of a node; "declared" goes back to what the file says')
    .option('--site', 'the first argument is a site: all its nodes')
    .option('--reason <text>', 'for the journal')
    .addHelpText(
      'after',
      examples(['meridian weight de-1 50', 'meridian weight de-1 declared', 'meridian weight --site falkenstein 10']),
    )
    .action(
      act(
        async (
          context: Context,
          name: string,
          n: string,
          options: { readonly site?: boolean; readonly reason?: string },
        ) => {
          if (n !== 'declared' && (!/^\d{1,5}$/.test(n) || Number(n) > 65_535))
            throw new Failure(`"${n}" is no weight.`, {
              exit: EXIT.usage,
              advice: 'A weight is a whole number from 0 to 65535, or "declared".',
            })
          const body = { weight: n === 'declared' ? null : Number(n), reason: options.reason }
          const path = `/v1/${options.site === true ? 'sites' : 'nodes'}/${encodeURIComponent(name)}`
          return tell(context, await context.api().send<Accepted>('PATCH', path, body))
        },
      ),
    )

  program
    .command('standby <pool>')
    .addArgument(
      new Argument('<state>', 'on: they join now; off: they leave; auto: as the load says').choices([
        'on',
        'off',
        'auto',
      ]),
    )
    .description("let a pool's standby nodes join or leave")
    .addHelpText('after', examples(['meridian standby europe on', 'meridian standby europe auto']))
    .action(
      act(async (context: Context, pool: string, state: string) => {
        const body = { on: state === 'auto' ? null : state === 'on' }
        return tell(
          context,
          await context.api().send<Accepted>('POST', `/v1/pools/${encodeURIComponent(pool)}/standby`, body),
        )
      }),
    )

  program
    .command('can-drain [node]')
    .description('what would stay of every pool without this node or site; exit 3 when a floor would break')
    .option('--site <site>', 'all nodes of a site')
    .addHelpText('after', examples(['meridian can-drain de-1', 'meridian can-drain --site falkenstein']))
    .action(
      act(async (context: Context, node: string | undefined, options: IntentFlags) => {
        const path = await targetOf(context, node, options)
        const safety = await context.api().get<Safety>(`${path}/can-drain`)
        context.print(safety, () => printSafety(safety))
        return safety.ok ? EXIT.done : EXIT.refused
      }),
    )
}

/** What may be said of a whole site at once. */
const OF_SITES: readonly string[] = ['drain', 'resume', 'disable']

function intent(program: Command, act: Act, verb: string, description: string): Command {
  const command = program
    .command(`${verb} [node]`)
    .description(description)
    .option('--reason <text>', 'why: it stands in the journal and in status')
  if (OF_SITES.includes(verb)) command.option('--site <site>', 'all nodes of a site')
  if (verb !== 'resume')
    command
      .option('--for <duration>', 'and resume by itself after this time', duration)
      .option('--force', 'although a pool falls under its floor')
  return command.action(
    act(async (context: Context, node: string | undefined, options: IntentFlags) => {
      const path = await targetOf(context, node, options)
      const done = await context.api().send<Accepted>('POST', `${path}/${verb}`, {
        reason: options.reason,
        for: options.for,
        force: options.force,
      })
      if (options.wait !== true) return tell(context, done)
      if (!context.json) tell(context, done)
      return waitUntilSafe(context, done.nodes, options.timeout)
    }),
  )
}

async function targetOf(context: Context, node: string | undefined, options: IntentFlags): Promise<string> {
  if ((node === undefined) === (options.site === undefined))
    throw new Failure('Name a node, or a site with --site.', {
      exit: EXIT.usage,
      advice: node === undefined ? `Nodes: ${await namesOf(context)}.` : 'Not both.',
    })
  return node === undefined ? `/v1/sites/${encodeURIComponent(options.site!)}` : `/v1/nodes/${encodeURIComponent(node)}`
}

async function namesOf(context: Context): Promise<string> {
  const nodes = await list<NodeView>(context, '/v1/nodes', 'nodes').catch(() => [])
  return nodes.length === 0
    ? 'see `meridian nodes`'
    : nodes
        .slice(0, 20)
        .map((node) => node.name)
        .join(', ')
}

/** Tells what came of a write. */
export function tell(context: Context, done: Accepted): number {
  context.print(done, () => done.message)
  return EXIT.done
}

function printSafety(safety: Safety): string {
  const lines = safety.pools.map((pool) => {
    const clients = pool.clients
      .slice(0, 5)
      .map((each) => `\n    ${each.record} ${each.clients}${each.strict ? ' (strict: they go nowhere else)' : ''}`)
    return `  pool ${pool.pool}: ${pool.fitAfter} of ${pool.fitNow} fit nodes stay, floor ${pool.floor}: ${pool.ok ? 'kept' : 'BROKEN'}${
      pool.stay.length > 0
        ? ` (${pool.stay.join(', ')})`
        : pool.fallback === undefined
          ? ''
          : ` (its clients go to pool ${pool.fallback})`
    }${clients.join('')}`
  })
  return [
    safety.ok ? 'Safe: every pool keeps its floor.' : 'Not safe: a pool would fall under its floor.',
    ...lines,
  ].join('\n')
}

/** Waits until the proof stands for every node: the last answer with it is older than its TTL. */
async function waitUntilSafe(context: Context, nodes: readonly string[], timeout: string | undefined): Promise<number> {
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + parseDurationMs(timeout)!
  let longest = 0
  for (;;) {
    const proofs = await Promise.all(
      nodes.map(async (node) => {
        const { proof } = await context
          .api()
          .get<{ readonly proof: DrainProof }>(`/v1/nodes/${encodeURIComponent(node)}/can-drain`)
        return proof
      }),
    )
    const serving = proofs.filter((proof) => proof.state === 'serving')
    if (serving.length === 0 && proofs.every((proof) => proof.state === 'safe')) {
      const since =
        proofs
          .map((proof) => proof.safeSince ?? '')
          .sort()
          .at(-1) ?? ''
      context.terminal.progress('')
      context.print(proofs, () => `safe to stop since ${clock(since === '' ? new Date() : since)}`)
      return EXIT.done
    }
    const left = Math.max(0, ...proofs.map((proof) => proof.secondsLeft ?? proof.ttlSeconds))
    longest = Math.max(longest, left)
    if (Date.now() > deadline) {
      context.terminal.progress('')
      throw new Failure(
        serving.length > 0
          ? `${serving[0]!.node} is still answered by pool ${serving[0]!.serving[0]?.pool}: ${oneLine(serving[0]!.serving[0]?.why ?? '')}`
          : `resolvers may still hold the address for ${printDuration(left * 1000)}.`,
        { details: proofs },
      )
    }
    context.terminal.progress(
      serving.length > 0
        ? `waiting: ${serving.map((proof) => `${proof.node} is still answered (${oneLine(proof.serving[0]?.why ?? '')})`).join('; ')}`
        : `${bar(1 - left / Math.max(1, longest))} ${printDuration(Math.ceil(left) * 1000)} until no resolver can still hold ${nodes.join(', ')}`,
    )
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, Math.max(100, left * 1000))))
  }
}

function bar(share: number): string {
  const cells = 24
  const full = Math.round(Math.min(1, Math.max(0, share)) * cells)
  return `[${'#'.repeat(full)}${'.'.repeat(cells - full)}]`
}
