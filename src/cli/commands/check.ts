/**
 * `check`: every issue of every file, offline; or a delegation, over the network.
 */
import type { Command } from 'commander'
import { hasErrors, type Issue, printIssue, sortIssues } from '../../base/index.ts'
import { parseSocketAddress } from '../../loader/index.ts'
import type { Act, Context } from '../context.ts'
import { checkDelegation } from '../delegation.ts'
import { type DnsServer, printServer } from '../dns-client.ts'
import { EXIT, Failure } from '../failure.ts'
import { worldDns } from '../world-dns.ts'
import { examples } from './examples.ts'

const repeat = (text: string, before: readonly string[] = []): string[] => [...before, text]

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

export function addCheckCommand(program: Command, act: Act): void {
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
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

function paintIssue(context: Context, issue: Issue): string {
  const [head = '', ...rest] = printIssue(issue).split('\n')
  return [
    context.terminal.paint(issue.severity === 'error' ? 'red' : issue.severity === 'warning' ? 'yellow' : 'dim', head),
    ...rest,
  ].join('\n')
}
