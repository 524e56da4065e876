/**
 * Questions over the network: `query` asks one, as dig would; `compare` asks an old server and this one from sampled client
 * networks and lists what differs, before a delegation moves.
 */
import type { Command } from 'commander'
import {
  type Network,
  parseDurationMs,
  parseNetwork,
  printAddress,
  printNetwork,
  seededRandom,
} from '../../base/index.ts'
import type { RecordView } from '../../control/index.ts'
import { parseSocketAddress, readSettings } from '../../loader/index.ts'
import {
  CLASS,
  className,
  ednsOf,
  FLAG,
  type Message,
  mnemonic,
  OPTION,
  opcodeName,
  opcodeOf,
  parseName,
  printName,
  printRdata,
  type ResourceRecord,
  rcodeName,
  rcodeOf,
  TYPE,
  typeOf,
} from '../../wire/index.ts'
import type { Act, Context } from '../context.ts'
import { askDns, type DnsReply, type DnsServer } from '../dns-client.ts'
import { EXIT, Failure } from '../failure.ts'
import { oneLine } from '../table.ts'
import { duration } from './changes.ts'
import { examples, list } from './views.ts'

interface QueryOptions {
  readonly server?: string
  readonly subnet?: string
  readonly tcp?: boolean
  readonly dnssec?: boolean
  readonly nsid?: boolean
  readonly short?: boolean
  readonly timeout?: string
}

export function addQueryCommands(program: Command, act: Act): void {
  program
    .command('query <name> [type]')
    .description('ask a name server one question')
    .option('--server <address>', 'ADDRESS or ADDRESS:PORT (default: the server of the settings on this machine)')
    .option('--subnet <network>', 'as a resolver asks for this client (RFC 7871): 192.0.2.0/24')
    .option('--tcp', 'over TCP')
    .option('--dnssec', 'with the DO bit')
    .option('--nsid', 'ask the server for its name')
    .option('--short', 'only the data of the answer')
    .option('--timeout <duration>', 'give up after this time', duration, '3s')
    .addHelpText(
      'after',
      examples([
        'meridian query www.portal.example',
        'meridian query video.portal.example AAAA --subnet 178.168.0.0/24 --server 192.0.2.53',
        'meridian query portal.example SOA --short',
      ]),
    )
    .action(
      act(async (context: Context, text: string, type: string | undefined, options: QueryOptions) => {
        const server = serverOf(context, options.server)
        const reply = await ask(server, nameOf(text), typeNamed(type ?? 'A'), options)
        const { message } = reply
        context.print(jsonOf(reply), () =>
          options.short === true
            ? message.answers.map((record) => printRdata(record.type, record.rdata)).join('\n')
            : printReply(reply, server),
        )
        return rcodeOf(message) === 0 ? EXIT.done : EXIT.failed
      }),
    )

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
    .option('--samples <n>', 'client networks', '200')
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
  if (!Number.isInteger(samples) || samples < 0 || samples > 1_000_000 || !Number.isInteger(seed))
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

/** Networks of /24 spread over the IPv4 space that is in public use. */
function sampleNetworks(count: number, seed: number): Network[] {
  const random = seededRandom(seed)
  const networks: Network[] = []
  while (networks.length < count) {
    const address = Uint8Array.of(1 + random.below(223), random.below(256), random.below(256), 0)
    const [a = 0, b = 0] = address
    const reserved =
      a === 10 ||
      a === 127 ||
      (a === 100 && (b & 0xc0) === 64) ||
      (a === 169 && b === 254) ||
      (a === 172 && (b & 0xf0) === 16) ||
      (a === 192 && b === 168)
    if (!reserved) networks.push({ address, prefixLength: 24 })
  }
  return networks
}

export function serverOf(context: Context, text: string | undefined): DnsServer {
  if (text !== undefined) {
    const server = parseSocketAddress(text, 53)
    if (server === undefined)
      throw new Failure(`"${text}" is no address of a name server.`, {
        exit: EXIT.usage,
        advice: 'Write it as 192.0.2.53, 192.0.2.53:5300 or [2001:db8::53]:53.',
      })
    return server
  }
  const { settings } = readSettings({ environment: context.environment })
  const first = settings?.listen.find((each) => each.tls !== true)
  if (first === undefined)
    throw new Failure('The settings name no address of a server.', { advice: 'Name one with --server.' })
  // A wildcard is where a server listens, not where one can ask.
  const wildcard = first.address.every((octet) => octet === 0)
  const loopback =
    first.address.length === 4
      ? Uint8Array.of(127, 0, 0, 1)
      : Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0))
  return { address: wildcard ? loopback : first.address, port: first.port }
}

async function ask(server: DnsServer, name: Uint8Array, type: number, options: QueryOptions): Promise<DnsReply> {
  try {
    return await askDns(server, {
      name,
      type,
      subnet: options.subnet === undefined ? undefined : networkOf(options.subnet),
      tcp: options.tcp === true,
      dnssec: options.dnssec === true,
      nsid: options.nsid === true,
      timeoutMs: parseDurationMs(options.timeout ?? '3s')!,
      class: CLASS.IN,
    })
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${(error as Error).message}.`, { advice: 'Name another server with --server ADDRESS:PORT.' })
  }
}

function nameOf(text: string): Uint8Array {
  const name = parseName(text)
  if (name === undefined) throw new Failure(`"${text}" is no domain name.`, { exit: EXIT.usage })
  return name
}

function typeNamed(text: string): number {
  const type = typeOf(text)
  if (type === undefined)
    throw new Failure(`"${text}" is no record type.`, { exit: EXIT.usage, advice: 'Such as A, AAAA, MX, TYPE65.' })
  return type
}

function networkOf(text: string): Network {
  const network = parseNetwork(text)
  if (network === undefined)
    throw new Failure(`"${text}" is no network.`, {
      exit: EXIT.usage,
      advice: 'Write it as 192.0.2.0/24 (bits past the length zero).',
    })
  return network
}

const FLAGS = ['QR', 'AA', 'TC', 'RD', 'RA', 'AD', 'CD'] as const

function printReply(reply: DnsReply, server: DnsServer): string {
  const { message } = reply
  const sections = [
    ['ANSWER', message.answers],
    ['AUTHORITY', message.authorities],
    ['ADDITIONAL', message.additionals.filter((record) => record.type !== TYPE.OPT)],
  ] as const
  const flags = FLAGS.filter((flag) => (message.flags & FLAG[flag]) !== 0).map((flag) => flag.toLowerCase())
  return [
    `;; ${opcodeName(opcodeOf(message.flags))} ${rcodeName(rcodeOf(message))}, id ${message.id}, flags ${flags.join(' ')}`,
    ...optionsOf(message).map((line) => `;; ${line}`),
    ...message.questions.map(
      (asked) => `;${printName(asked.name)}\t${className(asked.class)}\t${mnemonic(asked.type)}`,
    ),
    ...sections.flatMap(([title, records]) =>
      records.length === 0 ? [] : ['', `;; ${title}`, ...records.map(printRecord)],
    ),
    '',
    `;; ${reply.ms.toFixed(1)} ms, ${reply.octets} octets from ${printAddress(server.address)} port ${server.port} over ${reply.transport.toUpperCase()}`,
  ].join('\n')
}

function printRecord(record: ResourceRecord): string {
  return `${printName(record.name)}\t${record.ttl}\t${className(record.class)}\t${mnemonic(record.type)}\t${printRdata(record.type, record.rdata)}`
}

/** What the OPT record tells, one sentence an option. */
function optionsOf(message: Message): string[] {
  const edns = ednsOf(message)
  if (edns === undefined) return []
  if (edns === 'malformed') return ['EDNS: malformed']
  return edns.options.map(({ code, data }) => {
    if (code === OPTION.CLIENT_SUBNET && data.length >= 4) {
      const address = new Uint8Array(data[1] === 2 ? 16 : 4)
      address.set(data.subarray(4, 4 + address.length))
      return `client subnet ${printAddress(address)}/${data[2]}, holds for /${data[3]}`
    }
    if (code === OPTION.NSID) return `NSID ${oneLine(new TextDecoder().decode(data))}`
    if (code === OPTION.EXTENDED_ERROR && data.length >= 2)
      return `extended error ${(data[0]! << 8) | data[1]!}: ${oneLine(new TextDecoder().decode(data.subarray(2)))}`
    return `option ${code}: ${Buffer.from(data).toString('hex')}`
  })
}

function jsonOf(reply: DnsReply): unknown {
  const { message } = reply
  const record = (each: ResourceRecord) => ({
    name: printName(each.name),
    ttl: each.ttl,
    type: mnemonic(each.type),
    data: printRdata(each.type, each.rdata),
  })
  return {
    rcode: rcodeName(rcodeOf(message)),
    flags: FLAGS.filter((flag) => (message.flags & FLAG[flag]) !== 0).map((flag) => flag.toLowerCase()),
    answer: message.answers.map(record),
    authority: message.authorities.map(record),
    additional: message.additionals.filter((each) => each.type !== TYPE.OPT).map(record),
    edns: optionsOf(message),
    transport: reply.transport,
    octets: reply.octets,
    ms: Number(reply.ms.toFixed(2)),
  }
}
