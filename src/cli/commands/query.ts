/**
 * `query`: one question over the network, as dig would ask it.
 */
import type { Command } from 'commander'
import { type Network, parseDurationMs, parseNetwork, printAddress } from '../../base/index.ts'
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
import { examples } from './examples.ts'

interface QueryOptions {
  readonly server?: string
  readonly subnet?: string
  readonly tcp?: boolean
  readonly dnssec?: boolean
  readonly nsid?: boolean
  readonly short?: boolean
  readonly timeout?: string
}

export function addQueryCommand(program: Command, act: Act): void {
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

export function nameOf(text: string): Uint8Array {
  const name = parseName(text)
  if (name === undefined) throw new Failure(`"${text}" is no domain name.`, { exit: EXIT.usage })
  return name
}

export function typeNamed(text: string): number {
  const type = typeOf(text)
  if (type === undefined)
    throw new Failure(`"${text}" is no record type.`, { exit: EXIT.usage, advice: 'Such as A, AAAA, MX, TYPE65.' })
  return type
}

export function networkOf(text: string): Network {
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
