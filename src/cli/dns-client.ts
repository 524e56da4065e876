/**
 * A small DNS client: one question over UDP, and over TCP where the answer was cut; or TCP at once. For `query` and `compare`.
 *
 * A reply counts only from the address that was asked, with the ID and the question that were sent (RFC 5452 9.1).
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { type Network, printAddress } from '../base/index.ts'
import {
  CLASS,
  clientSubnetOption,
  decodeMessage,
  type EdnsOption,
  encodeMessage,
  FLAG,
  type Message,
  OPTION,
  optRecord,
  sameName,
} from '../wire/index.ts'

export interface DnsServer {
  readonly address: Uint8Array
  readonly port: number
}

export interface DnsQuestion {
  /** wire form */
  readonly name: Uint8Array
  readonly type: number
  readonly class?: number
  readonly subnet?: Network | undefined
  readonly tcp?: boolean
  /** do not ask again over TCP */
  readonly ignoreTruncation?: boolean
  readonly recursionDesired?: boolean
  readonly dnssec?: boolean
  readonly nsid?: boolean
  readonly edns?: boolean
  readonly timeoutMs?: number
}

export interface DnsReply {
  readonly message: Message
  readonly octets: number
  readonly ms: number
  readonly transport: 'udp' | 'tcp'
}

/** Asks once. @throws Error with a sentence: no answer, a broken one, nobody there */
export async function askDns(server: DnsServer, question: DnsQuestion): Promise<DnsReply> {
  const started = performance.now()
  const id = crypto.getRandomValues(new Uint16Array(1))[0]!
  const options: EdnsOption[] = []
  if (question.subnet !== undefined)
    options.push(clientSubnetOption(question.subnet.address, question.subnet.prefixLength))
  if (question.nsid === true) options.push({ code: OPTION.NSID, data: new Uint8Array(0) })
  const query = encodeMessage({
    id,
    flags: question.recursionDesired === true ? FLAG.RD : 0,
    questions: [{ name: question.name, type: question.type, class: question.class ?? CLASS.IN }],
    answers: [],
    authorities: [],
    additionals:
      question.edns === false ? [] : [optRecord({ udpSize: 1232, doBit: question.dnssec === true, options })],
  })!
  const isReply = (message: Message): boolean => {
    const asked = message.questions[0]
    return (
      message.id === id &&
      (message.flags & FLAG.QR) !== 0 &&
      // A server that does not understand the question may answer with the header alone.
      (asked === undefined || (asked.type === question.type && sameName(asked.name, question.name)))
    )
  }
  const timeoutMs = question.timeoutMs ?? 3000
  const done = (message: Message, octets: number, transport: 'udp' | 'tcp'): DnsReply => ({
    message,
    octets,
    ms: performance.now() - started,
    transport,
  })
  if (question.tcp !== true) {
    const [message, octets] = await overUdp(server, query, isReply, timeoutMs)
    if ((message.flags & FLAG.TC) === 0 || question.ignoreTruncation === true) return done(message, octets, 'udp')
  }
  const [message, octets] = await overTcp(server, query, isReply, timeoutMs)
  return done(message, octets, 'tcp')
}

type Received = readonly [message: Message, octets: number]

/** @returns ADDRESS:PORT, [ADDRESS]:PORT */
export function printServer(server: DnsServer): string {
  const address = printAddress(server.address)
  return `${server.address.length === 16 ? `[${address}]` : address}:${server.port}`
}

function trouble(server: DnsServer, error: NodeJS.ErrnoException): Error {
  return new Error(
    error.code === 'ECONNREFUSED'
      ? `nobody answers DNS at ${printServer(server)} (refused)`
      : `${printServer(server)}: ${error.message}`,
  )
}

function overUdp(
  server: DnsServer,
  query: Uint8Array,
  isReply: (message: Message) => boolean,
  timeoutMs: number,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.length === 4 ? 'udp4' : 'udp6')
    let broken = ''
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      socket.close()
      settle()
    }
    const timer = setTimeout(
      () =>
        finish(() => reject(new Error(`no answer from ${printServer(server)} within ${timeoutMs / 1000} s${broken}`))),
      timeoutMs,
    )
    socket.on('error', (error) => finish(() => reject(trouble(server, error))))
    socket.on('message', (octets) => {
      const message = decodeMessage(octets)
      if ('problem' in message) broken = ` (only a broken one: ${message.problem})`
      else if (isReply(message)) finish(() => resolve([message, octets.length]))
    })
    // Connected: the kernel drops what comes from elsewhere, and tells when nobody listens.
    socket.connect(server.port, printAddress(server.address), () => socket.send(query))
  })
}

function overTcp(
  server: DnsServer,
  query: Uint8Array,
  isReply: (message: Message) => boolean,
  timeoutMs: number,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: printAddress(server.address), port: server.port })
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const timer = setTimeout(
      () =>
        finish(() => reject(new Error(`no answer from ${printServer(server)} over TCP within ${timeoutMs / 1000} s`))),
      timeoutMs,
    )
    let received = Buffer.alloc(0)
    socket.on('connect', () => {
      const framed = Buffer.alloc(2 + query.length)
      framed.writeUInt16BE(query.length)
      framed.set(query, 2)
      socket.write(framed)
    })
    socket.on('error', (error) => finish(() => reject(trouble(server, error))))
    socket.on('end', () =>
      finish(() => reject(new Error(`${printServer(server)} closed the connection without an answer`))),
    )
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const octets = received.subarray(2, 2 + received.readUInt16BE(0))
        received = received.subarray(2 + octets.length)
        const message = decodeMessage(octets)
        if ('problem' in message)
          finish(() => reject(new Error(`${printServer(server)} sent a broken message: ${message.problem}`)))
        else if (isReply(message)) finish(() => resolve([message, octets.length]))
        else continue
        return
      }
    })
  })
}
