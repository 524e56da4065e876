/**
 * `compare`: asks an old server and this one the same questions from sampled client networks and lists what differs, before a
 * delegation moves.
 */
import type { Command } from 'commander'
import { type Network, printNetwork, type Random, seededRandom } from '../../base/index.ts'
import type { RecordView } from '../../control/index.ts'
import { type Message, mnemonic, printRdata, rcodeName, rcodeOf } from '../../wire/index.ts'
import type { Act, Context } from '../context.ts'
import { askDns } from '../dns-client.ts'
import { EXIT, Failure } from '../failure.ts'
import { oneLine } from '../table.ts'
import { examples } from './examples.ts'
import { nameOf, networkOf, serverOf, typeNamed } from './query.ts'
import { list } from './views.ts'

export function addCompareCommand(program: Command, act: Act): void {
  program
    .command('compare <server>')
    .description(
      'ask another name server and this one the same questions from sampled client networks; list what differs',
    )
    .option('--server <address>', 'this one (default: the server of the settings on this machine)')
    .option(
      '--name <name>',
      'ask for this name (repeatable; default: every steered record)',
      (each: string, before: string[] = []) => [...before, each],
    )
    .option(
      '--type <type>',
      'ask for this type (repeatable; default A and AAAA)',
      (each: string, before: string[] = []) => [...before, each],
    )
    .option('--samples <n>', 'client networks of IPv4, and as many of IPv6', '200')
    .option('--seed <n>', 'of the sample: the same seed asks the same', '1')
    .option('--subnet <network>', 'this client network too (repeatable)', (each: string, before: string[] = []) => [
      ...before,
      each,
    ])
    .addHelpText(
      'after',
      examples([
        'meridian compare 192.0.2.53',
        'meridian compare 192.0.2.53 --name www.portal.example --samples 1000',
        'meridian compare 192.0.2.53 --subnet 178.168.0.0/24',
      ]),
    )
    .action(act(compare))
}

interface CompareOptions {
  readonly server?: string
  readonly name?: readonly string[]
  readonly type?: readonly string[]
  readonly samples: string
  readonly seed: string
  readonly subnet?: readonly string[]
}

interface DifferenceFound {
  readonly name: string
  readonly type: string
  readonly client: string
  readonly other: string
  readonly here: string
}

/** Questions under way at once: a name server that is asked faster may take it for an attack. */
const IN_FLIGHT = 16

async function compare(context: Context, text: string, options: CompareOptions): Promise<number> {
  const other = serverOf(context, text)
  const here = serverOf(context, options.server)
  const samples = Number(options.samples)
  const seed = Number(options.seed)
  if (!Number.isInteger(samples) || samples < 0 || samples > 500_000 || !Number.isInteger(seed))
    throw new Failure('--samples and --seed are whole numbers.', { exit: EXIT.usage })
  const names = options.name ?? (await list<RecordView>(context, '/v1/records', 'records')).map((record) => record.name)
  if (names.length === 0)
    throw new Failure('There is no steered record to ask for.', { advice: 'Name some with --name.' })
  const types = (options.type ?? ['A', 'AAAA']).map((type) => typeNamed(type))
  const networks = [...(options.subnet ?? []).map(networkOf), ...sampleNetworks(samples, seed)]

  const questions = names.flatMap((name) => types.flatMap((type) => networks.map((subnet) => ({ name, type, subnet }))))
  const found: DifferenceFound[] = []
  let asked = 0
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < questions.length; i = next++) {
      const { name, type, subnet } = questions[i]!
      const [before, after] = await Promise.all(
        [other, here].map((server) =>
          askDns(server, { name: nameOf(name), type, subnet }).then(
            (reply) => summaryOf(reply.message, type),
            (error: Error) => error.message,
          ),
        ),
      )
      asked++
      if (before !== after)
        found.push({ name, type: mnemonic(type), client: printNetwork(subnet), other: before!, here: after! })
      if (asked % 20 === 0) context.terminal.progress(`${asked} of ${questions.length} asked, ${found.length} differ`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  context.terminal.progress('')
  context.print({ asked, differ: found.length, differences: found }, () =>
    printComparison(asked, networks.length, found),
  )
  return found.length === 0 ? EXIT.done : EXIT.failed
}

function printComparison(asked: number, networks: number, found: readonly DifferenceFound[]): string {
  if (found.length === 0) return `The same answers: ${asked} questions from ${networks} client networks.`
  const groups = new Map<string, DifferenceFound[]>()
  for (const each of found) {
    const key = `${each.name} ${each.type}: there ${each.other}, here ${each.here}`
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  const lines = [...groups].map(([key, each]) => {
    const clients = each.slice(0, 5).map((one) => one.client)
    return `${oneLine(key)}\n  ${each.length} of ${networks} networks: ${clients.join(', ')}${each.length > 5 ? ', ...' : ''}`
  })
  return [...lines, `${found.length} of ${asked} answers differ.`].join('\n')
}

/** What an answer says, whatever its order and TTL. */
function summaryOf(message: Message, type: number): string {
  const rcode = rcodeOf(message)
  if (rcode !== 0) return rcodeName(rcode)
  const data = message.answers
    .filter((record) => record.type === type)
    .map((record) => printRdata(record.type, record.rdata))
  return data.length === 0 ? 'no data' : data.sort().join(' ')
}

/** Networks of both families, in turn: a mistake in the IPv6 rules is not found by asking more of IPv4. */
function sampleNetworks(count: number, seed: number): Network[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => [ipv4Network(random), ipv6Network(random)]).flat()
}

/** A /24 of the IPv4 space that is in public use. */
function ipv4Network(random: Random): Network {
  for (;;) {
    const address = Uint8Array.of(1 + random.below(223), random.below(256), random.below(256), 0)
    const [a = 0, b = 0] = address
    const reserved =
      a === 10 ||
      a === 127 ||
      (a === 100 && (b & 0xc0) === 64) ||
      (a === 169 && b === 254) ||
      (a === 172 && (b & 0xf0) === 16) ||
      (a === 192 && b === 168)
    if (!reserved) return { address, prefixLength: 24 }
  }
}

/**
 * The blocks of 2000::/3 that the five registries give out of (IANA, IPv6 Global Unicast Address Assignments), as their first 16
 * bits, first and last. Anywhere in 2000::/3 nearly all would be nobody's.
 */
const IPV6_BLOCKS = [
  [0x2001, 0x2001],
  [0x2003, 0x2003],
  [0x2400, 0x240f],
  [0x2600, 0x260f],
  [0x2800, 0x280f],
  [0x2a00, 0x2a0f],
  [0x2c00, 0x2c0f],
] as const

/** A /56 (RFC 7871 11.1 has resolvers send no more) of the IPv6 space that is given out. */
function ipv6Network(random: Random): Network {
  const [first, last] = IPV6_BLOCKS[random.below(IPV6_BLOCKS.length)]!
  const head = first + random.below(last - first + 1)
  const address = new Uint8Array(16)
  address[0] = head >> 8
  address[1] = head & 0xff
  for (let i = 2; i < 7; i++) address[i] = random.below(256)
  return { address, prefixLength: 56 }
}
