/**
 * dns: one question to the node, and what its answer must hold. dns2 reads and writes the message; sockets, timeouts and the
 * comparison are our own (dns2's clients wait for ever over TCP).
 *
 *   UDP, connected socket (so that a closed port says so) ─▶ truncated? ─▶ the same over TCP (RFC 7766)
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import dns2 from 'dns2'
import { parseAddress, printAddress } from '../base/index.ts'
import type { Probe } from '../steer/index.ts'
import {
  type Asked,
  type Attempt,
  clause,
  NOTHING_TO_STOP,
  type Outcome,
  outcomeOfError,
  quote,
  type Settle,
} from './outcome.ts'
import { connectOptions } from './tls-connection.ts'

const { Packet } = dns2
type DnsProbe = Extract<Probe, { kind: 'dns' }>

/**
 * What an answer to a check may hold at most. Far above any honest one; it bounds what a node can make the decoder do, which follows
 * chains of compression pointers anew for every record.
 */
const MESSAGE_OCTETS = 4096
const RECORDS = 100

/** A record as dns2 decodes it: the fields depend on the type. */
type Decoded = Readonly<Record<string, unknown>>

export function beginDns(asked: Asked, probe: DnsProbe, settle: Settle): Attempt {
  const type = typeCode(probe.type)
  if (type === undefined) {
    settle({ class: 'local', detail: `the check asks for a type that is not known: ${quote(probe.type)}` })
    return NOTHING_TO_STOP
  }
  const id = Packet.uuid()
  let query: Buffer
  try {
    query = queryOf(probe, id, type)
  } catch (error) {
    settle({ class: 'local', detail: clause(`the check's name cannot be asked for: ${String(error)}`) })
    return NOTHING_TO_STOP
  }
  let ended = false
  let close = (): void => {}
  let phase = 'the answer over UDP'
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    close()
    settle(outcome)
  }
  const take = (message: Buffer, last: boolean): void => {
    if (ended) return
    const answer = readAnswer(message, id, probe, type)
    // Somebody else's packet, or noise, does not end the wait for the node's own.
    if (answer === undefined) return
    if (answer.truncated && !last) {
      close()
      phase = 'the answer over TCP'
      close = askOverTcp(asked, probe.port, query, (octets) => take(octets, true), finish)
    } else finish(answer.outcome)
  }
  close = askOverUdp(asked, probe.port, query, (octets) => take(octets, false), finish)
  return {
    stop: () => {
      ended = true
      close()
      return phase
    },
  }
}

function queryOf(probe: DnsProbe, id: number, type: number): Buffer {
  const packet = new Packet()
  // RD set: a resolver needs it, an authoritative server ignores it.
  packet.header = new Packet.Header({ id, rd: 1 })
  packet.questions.push(new Packet.Question(probe.name.replace(/\.$/, ''), type, Packet.CLASS.IN))
  return packet.toBuffer()
}

function askOverUdp(
  asked: Asked,
  port: number,
  query: Buffer,
  take: (octets: Buffer) => void,
  finish: Settle,
): () => void {
  const socket = createSocket(asked.family === 6 ? 'udp6' : 'udp4')
  let closed = false
  socket.on('error', (error) => finish(outcomeOfError(error)))
  socket.on('message', take)
  const ask = (): void => {
    socket.connect(port, asked.address, () => {
      if (!closed) socket.send(query)
    })
  }
  if (asked.source === undefined) ask()
  else
    socket.bind(0, asked.source, () => {
      if (!closed) ask()
    })
  return () => {
    if (closed) return
    closed = true
    socket.close()
  }
}

function askOverTcp(
  asked: Asked,
  port: number,
  query: Buffer,
  take: (octets: Buffer) => void,
  finish: Settle,
): () => void {
  const socket = connect(connectOptions(asked, port))
  let received = Buffer.alloc(0)
  socket.once('connect', () => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    socket.write(Buffer.concat([length, query]))
  })
  socket.on('data', (octets: Buffer) => {
    received = Buffer.concat([received, octets])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    take(received.subarray(2, 2 + received.readUInt16BE(0)))
    finish({ class: 'protocol', detail: 'the answer over TCP is no answer to the question' })
  })
  socket.once('end', () => finish({ class: 'reset', detail: 'connection closed before an answer' }))
  socket.on('error', (error: Error) => finish(outcomeOfError(error)))
  return () => socket.destroy()
}

/** @returns undefined: not an answer to our question */
export function readAnswer(
  message: Buffer,
  id: number,
  probe: DnsProbe,
  type: number,
): { readonly truncated: boolean; readonly outcome: Outcome } | undefined {
  if (message.length < Packet.HEADER_SIZE || message.readUInt16BE(0) !== id) return undefined
  if (message.length > MESSAGE_OCTETS || recordsIn(message) > RECORDS)
    return { truncated: false, outcome: { class: 'protocol', detail: 'the answer is absurdly long' } }
  let packet: dns2.Packet
  try {
    packet = Packet.parse(message)
  } catch {
    return undefined
  }
  if (packet.header.qr !== 1) return undefined
  const truncated = packet.header.tc === 1
  const question = packet.questions[0]
  // Servers that refuse or fail may leave the question out (RFC 2136 3 does; so do some load balancers).
  if (question !== undefined && (question.type !== type || normalName(question.name) !== normalName(probe.name)))
    return undefined
  return {
    truncated,
    outcome: truncated ? { class: 'protocol', detail: 'truncated over TCP' } : judge(packet, probe, type),
  }
}

/** RFC 1035 4.1.1: the four counts. */
function recordsIn(message: Buffer): number {
  let records = 0
  for (let at = 4; at < 12; at += 2) records += message.readUInt16BE(at)
  return records
}

function judge(packet: dns2.Packet, probe: DnsProbe, type: number): Outcome {
  if (packet.header.rcode !== 0) return { class: 'status', detail: `rcode ${rcodeName(packet.header.rcode)}` }
  const broken = packet.errors.find((error) => error.section === 'answers')
  if (broken !== undefined) return { class: 'protocol', detail: clause(`answer does not parse: ${broken.message}`) }
  const found = packet.answers
    .filter((record) => record.type === type)
    .map((record) => printRdata(probe.type, record as unknown as Decoded))
  if (found.length === 0) return { class: 'content', detail: `no ${probe.type.toUpperCase()} record in the answer` }
  if (probe.expect === undefined) return { class: 'ok', detail: clause(`${probe.type.toUpperCase()} ${found[0]}`) }
  const wanted = normalRdata(probe.type, probe.expect)
  if (found.some((rdata) => normalRdata(probe.type, rdata) === wanted))
    return { class: 'ok', detail: clause(`${probe.type.toUpperCase()} ${probe.expect}`) }
  return { class: 'content', detail: clause(`answered ${found.slice(0, 4).join(', ')}, expected ${probe.expect}`) }
}

/** The rdata fields in the order of the presentation form, by type; dns2's own names for them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  A: ['address'],
  AAAA: ['address'],
  NS: ['ns'],
  CNAME: ['domain'],
  PTR: ['domain'],
  MX: ['priority', 'exchange'],
  TXT: ['data'],
  SPF: ['data'],
  SOA: ['primary', 'admin', 'serial', 'refresh', 'retry', 'expiration', 'minimum'],
  SRV: ['priority', 'weight', 'port', 'target'],
  CAA: ['flags', 'tag', 'value'],
}

function printRdata(type: string, record: Decoded): string {
  const fields = FIELDS[type.toUpperCase()]
  if (fields === undefined) return Buffer.isBuffer(record.data) ? record.data.toString('hex') : ''
  return fields.map((field) => printField(record[field])).join(' ')
}

function printField(value: unknown): string {
  return Array.isArray(value) ? value.map((part) => `"${String(part)}"`).join(' ') : String(value)
}

/** One spelling for what is the same rdata: addresses by value, names without case and final dot, blanks and quotes apart. */
function normalRdata(type: string, text: string): string {
  switch (type.toUpperCase()) {
    case 'A':
    case 'AAAA': {
      const octets = parseAddress(text.trim())
      return octets === undefined ? text : printAddress(octets)
    }
    case 'TXT':
    case 'SPF': {
      // "ab" "cd" and "abcd" are one text to whoever reads it; unquoted is as written.
      const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!)
      return strings.length === 0 ? text : strings.join('')
    }
    default:
      return text
        .trim()
        .toLowerCase()
        .split(/\s+/)
        .map((field) => field.replace(/^"(.*)"$/, '$1').replace(/\.$/, ''))
        .join(' ')
  }
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** Mnemonic or RFC 3597's TYPE65. */
function typeCode(type: string): number | undefined {
  const upper = type.toUpperCase()
  const numbered = /^TYPE(\d{1,5})$/.exec(upper)
  if (numbered !== null) return Number(numbered[1]) < 65536 ? Number(numbered[1]) : undefined
  return Object.hasOwn(Packet.TYPE, upper) ? Packet.TYPE[upper as keyof typeof Packet.TYPE] : undefined
}

function rcodeName(rcode: number): string {
  return Object.entries(Packet.RCODE).find(([, code]) => code === rcode)?.[0] ?? String(rcode)
}
