/**
 * Why does this client get this answer? Every step from the question to the addresses, in sentences; --json has them as values.
 */
import type { Command } from 'commander'
import { parseNetwork } from '../../base/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import { oneLine } from '../table.ts'
import { examples } from './examples.ts'

/** What GET /v1/explain answers; `steps` is the whole story, the rest is for scripts. */
interface Explanation {
  readonly name: string
  readonly type: string
  readonly outcome: string
  readonly rcode: string
  readonly answers: readonly string[]
  readonly steps: readonly string[]
}

export function addExplainCommand(program: Command, act: Act): void {
  program
    .command('explain <name> [type]')
    .description('why a client gets the answer it gets: rule, pool, each node kept or dropped, scope, TTL')
    .option('--client <address>', 'an address, or a subnet as a resolver sends it (192.0.2.0/24)')
    .addHelpText(
      'after',
      examples([
        'meridian explain video.portal.example --client 178.168.0.1',
        'meridian explain www.portal.example AAAA --client 2001:db8::/56',
      ]),
    )
    .action(
      act(async (context: Context, name: string, type: string | undefined, options: { readonly client?: string }) => {
        if (options.client !== undefined && parseNetwork(options.client) === undefined)
          throw new Failure(`"${options.client}" is no address or network.`, {
            exit: EXIT.usage,
            advice: 'Write it as 192.0.2.7 or 192.0.2.0/24 (bits past the length zero).',
          })
        const told = await context
          .api()
          .get<Explanation>('/v1/explain', { name, type: type ?? 'A', client: options.client })
        context.print(told, () =>
          [...told.steps, ...answerOf(told)]
            .flatMap((step) => step.split('\n'))
            .map(oneLine)
            .join('\n'),
        )
      }),
    )
}

/** What the steps of a steered record end in. */
function answerOf({ outcome, rcode, answers, type }: Explanation): string[] {
  if (outcome !== 'steered') return []
  if (answers.length > 0) return [`answer: ${answers.join(', ')}`]
  return rcode === 'NOERROR'
    ? [`answer: no data, for no node in the answers has an address of type ${type}`]
    : [`answer: ${rcode}`]
}
