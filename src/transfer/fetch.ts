/**
 * Asks a primary: its SOA over UDP (over TCP where the answer is cut short), and a transfer over TCP; or all of it over TLS
 * (RFC 9103). Every wait has an end.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { printAddress } from '../base/index.ts'
import {
  decodeMessage,
  encodeMessage,
  FLAG,
  type Message,
  opcodeOf,
  optRecord,
  RCODE,
  type ResourceRecord,
  rcodeName,
  sameName,
  signMessage,
  type TsigKey,
  TsigStreamVerifier,
  TYPE,
  tsigErrorName,
} from '../wire/index.ts'
import type { SoaFigures, ZoneRecord } from '../zone/index.ts'
import { soaFigures } from '../zone/index.ts'
import { FrameReader, framed } from './framing.ts'
import { hmac } from './keys.ts'
import { resourceRecord } from './outgoing.ts'
import type { PrimaryTls } from './ports.ts'
import { TransferProblem, TransferReader, type Transferred } from './transfer-reader.ts'

export interface Primary {
  readonly address: Uint8Array
  readonly port: number
  readonly key: TsigKey | undefined
  readonly tls?: PrimaryTls | undefined
}

/** The first try, and the second: a lost datagram is no dead server. */
const UDP_TRIES_MS = [1500, 3500]
/** Between two messages of a stream, the connection's beginning included. */
const IDLE_MS = 15_000
/** A whole transfer: a large zone over a slow line. */
const TRANSFER_MS = 30 * 60_000

interface Request {
  readonly id: number
  readonly message: Uint8Array
  readonly mac: Uint8Array | undefined
}

/** Asks for the zone's SOA. @throws TransferProblem: no usable answer */
export async function askSoa(zone: Uint8Array, primary: Primary): Promise<SoaFigures> {
  const request = makeRequest(zone, TYPE.SOA, primary, [])
  let answer: Message | undefined
  for (const timeoutMs of primary.tls === undefined ? UDP_TRIES_MS : []) {
    answer = await overUdp(request, primary, timeoutMs)
    if (answer !== undefined) break
  }
  if (answer === undefined || (answer.flags & FLAG.TC) !== 0) {
    // RFC 7766 5: where UDP does not answer, or not all of it, TCP may.
    const again = makeRequest(zone, TYPE.SOA, primary, [])
    let whole: Message | undefined
    await overTcp(again, primary, (message) => {
      whole = message
      return true
    })
    answer = whole!
  }
  const rcode = answer.flags & 15
  if (rcode !== RCODE.NOERROR) throw new TransferProblem(`the primary answered ${rcodeName(rcode)}`, rcode)
  const soa = answer.answers.find(({ type, name }) => type === TYPE.SOA && sameName(name, zone))
  if (soa === undefined || (answer.flags & FLAG.AA) === 0)
    throw new TransferProblem('the primary is not authoritative for the zone')
  return soaFigures(soa.rdata)
}

/**
 * Transfers the zone.
 * @param ours  the SOA of the copy that is here: then an IXFR is asked for, otherwise an AXFR
 */
export async function fetchZone(
  zone: Uint8Array,
  primary: Primary,
  ours: ZoneRecord | undefined,
): Promise<Transferred> {
  const authority = ours === undefined ? [] : [resourceRecord(ours)]
  const request = makeRequest(zone, ours === undefined ? TYPE.AXFR : TYPE.IXFR, primary, authority)
  const reader = new TransferReader(zone, request.id, ours && soaFigures(ours.rdata).serial)
  await overTcp(request, primary, (message) => reader.take(message))
  return reader.result()
}

function makeRequest(
  zone: Uint8Array,
  type: number,
  primary: Primary,
  authorities: readonly ResourceRecord[],
): Request {
  const id = randomInt(65536)
  const bare = encodeMessage({
    id,
    flags: 0,
    questions: [{ name: zone, type, class: 1 }],
    answers: [],
    authorities,
    additionals: type === TYPE.SOA ? [optRecord({ udpSize: 1232 })] : [],
  })!
  if (primary.key === undefined) return { id, message: bare, mac: undefined }
  const signed = signMessage(bare, primary.key, hmac, Math.floor(Date.now() / 1000))
  return { id, message: signed.message, mac: signed.mac }
}

/** @returns the answer; undefined: none in time, or none that is to be believed */
function overUdp(request: Request, primary: Primary, timeoutMs: number): Promise<Message | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(primary.address.length === 4 ? 'udp4' : 'udp6')
    let finished = false
    const finish = (message: Message | undefined): void => {
      if (finished) return
      finished = true
      clearTimeout(timer)
      socket.removeAllListeners('message').close()
      resolve(message)
    }
    const timer = setTimeout(finish, timeoutMs, undefined)
    socket.on('error', () => finish(undefined))
    // Connected: the kernel drops what comes from elsewhere.
    socket.on('connect', () => socket.send(request.message))
    socket.connect(primary.port, printAddress(primary.address))
    socket.on('message', (octets) => {
      const message = believed(octets, request, primary)
      if (message !== undefined) finish(message)
    })
  })
}

/** @returns the answer to this request, its signature verified; undefined: something else, which is ignored */
function believed(octets: Uint8Array, request: Request, primary: Primary): Message | undefined {
  const message = decodeMessage(octets)
  if ('problem' in message || message.id !== request.id || (message.flags & FLAG.QR) === 0) return undefined
  if (opcodeOf(message.flags) !== 0) return undefined
  if (primary.key === undefined || request.mac === undefined) return message
  const verifier = new TsigStreamVerifier(primary.key, hmac, request.mac)
  return verifier.verify(octets, Math.floor(Date.now() / 1000)) === 'good' ? message : undefined
}

/**
 * Sends the request over TCP and hands over the answer's messages until `take` says that was the last.
 * @throws TransferProblem: it could not be, or `take` threw it
 */
function overTcp(request: Request, primary: Primary, take: (message: Message) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = open(primary)
    const verifier = primary.key && request.mac ? new TsigStreamVerifier(primary.key, hmac, request.mac) : undefined
    const frames = new FrameReader()
    const finish = (problem?: Error): void => {
      clearTimeout(deadline)
      socket.destroy()
      if (problem === undefined) resolve()
      else reject(problem)
    }
    const deadline = setTimeout(() => finish(new TransferProblem('the transfer took too long')), TRANSFER_MS)
    socket.setTimeout(IDLE_MS, () => finish(new TransferProblem(`nothing came for ${IDLE_MS / 1000} s`)))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(new TransferProblem(`the connection failed: ${error.code ?? error.message}`)),
    )
    socket.on('close', () => finish(new TransferProblem('the primary closed the connection before the end')))
    socket.on(primary.tls === undefined ? 'connect' : 'secureConnect', () => socket.write(framed(request.message)))
    socket.on('data', (piece) => {
      frames.push(piece)
      try {
        for (let octets = frames.next(); octets !== undefined; octets = frames.next()) {
          if (!read(octets, verifier, take)) continue
          finish()
          return
        }
      } catch (problem) {
        finish(problem as Error)
      }
    })
  })
}

function open(primary: Primary): Socket {
  const where = { host: printAddress(primary.address), port: primary.port, noDelay: true }
  if (primary.tls === undefined) return connect(where)
  const { name, authorities } = primary.tls
  return connectTls({
    ...where,
    // RFC 9103 8.2, 8.4: ALPN dot, TLS 1.3, and a primary that is not who it should be gets no question.
    servername: name,
    ALPNProtocols: ['dot'],
    minVersion: 'TLSv1.3',
    ...(authorities !== undefined && { ca: authorities }),
  })
}

function read(
  octets: Uint8Array,
  verifier: TsigStreamVerifier | undefined,
  take: (message: Message) => boolean,
): boolean {
  const message = decodeMessage(octets)
  if ('problem' in message) throw new TransferProblem(`a message is malformed: ${message.problem}`)
  const verdict = verifier?.verify(octets, Math.floor(Date.now() / 1000)) ?? 'good'
  if (typeof verdict === 'object')
    throw new TransferProblem(`the signatures do not agree: ${tsigErrorName(verdict.error)}`, message.flags & 15)
  if (verdict === 'malformed' || verdict === 'unsigned')
    throw new TransferProblem(
      message.flags & 15
        ? `the primary answered ${rcodeName(message.flags & 15)}, unsigned`
        : 'an answer came unsigned',
      message.flags & 15,
    )
  const done = take(message)
  if (done && verdict === 'pending') throw new TransferProblem('the last message was not signed')
  return done
}
