/** What the tests of transfer share: zones as models, and the door behind real sockets on loopback. */
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { FrameReader, framed } from '../../src/transfer/framing.ts'
import { createTransferDoor, DiffJournal, type Key, type TransferPorts } from '../../src/transfer/index.ts'
import {
  decodeMessage,
  encodeMessage,
  FLAG,
  lowerName,
  OctetWriter,
  parseName,
  parseRdata,
  printName,
  RCODE,
  refusal,
  TYPE,
  typeOf,
} from '../../src/wire/index.ts'
import { withSerial, type ZoneDiff, ZoneModel, type ZoneRecord } from '../../src/zone/index.ts'

export const KEY: Key = {
  name: 'transfer.key.',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('both ends know this secret'),
}

export function zoneRecord(text: string, origin = 'example.'): ZoneRecord {
  const [owner, ttl, type, ...fields] = text.split(' ')
  const out = new OctetWriter()
  const problem = parseRdata(typeOf(type!)!, fields, parseName(origin)!, out)
  if (problem !== undefined) throw new Error(`${text}: ${problem.message}`)
  return { owner: parseName(owner!, parseName(origin)!)!, type: typeOf(type!)!, ttl: Number(ttl), rdata: out.octets() }
}

/** A zone with its SOA and NS, and the lines given. */
export function zone(
  serial: number,
  lines: readonly string[] = [],
  origin = 'example.',
  timers = '7200 900 1209600 300',
): ZoneModel {
  const head = [`@ 3600 SOA ns1 hostmaster ${serial} ${timers}`, '@ 3600 NS ns1', 'ns1 3600 A 192.0.2.1']
  return ZoneModel.of(
    parseName(origin)!,
    [...head, ...lines].map((line) => zoneRecord(line, origin)),
  )
}

/** The same zone with some records more and fewer, under the next serial; and what changed. */
export function change(
  before: ZoneModel,
  remove: readonly string[],
  add: readonly string[],
  by = 1,
): { model: ZoneModel; diff: ZoneDiff } {
  const origin = printName(before.origin)
  const soa = { owner: before.origin, type: TYPE.SOA, ttl: 3600, rdata: before.soa! }
  const toSerial = (before.serial + by) >>> 0
  const diff: ZoneDiff = {
    fromSerial: before.serial,
    toSerial,
    oldSoa: soa,
    newSoa: { ...soa, rdata: withSerial(soa.rdata, toSerial) },
    removed: remove.map((line) => zoneRecord(line, origin)),
    added: add.map((line) => zoneRecord(line, origin)),
  }
  return { model: before.apply(diff)!, diff }
}

export const linesOf = (records: Iterable<ZoneRecord>): string[] =>
  [...records]
    .map(
      ({ owner, type, ttl, rdata }) =>
        `${printName(owner).toLowerCase()} ${type} ${ttl} ${Buffer.from(rdata).toString('hex')}`,
    )
    .sort()

export interface Primary {
  readonly port: number
  model: ZoneModel | undefined
  readonly journal: DiffJournal
  readonly asked: string[]
  readonly updates: number[]
  notified: { serial: number | undefined; key: string | undefined }[]
  stop(): void
}

/** A primary for one zone: the transfer door behind UDP and TCP. Plain queries for the SOA are answered as the query path would. */
export async function startPrimary(
  model: ZoneModel,
  ports: Partial<TransferPorts> = {},
  tls?: { readonly cert: string; readonly key: string },
): Promise<Primary> {
  const journal = new DiffJournal()
  const origin = printName(model.origin)
  const primary = {
    port: 0,
    model: model as ZoneModel | undefined,
    journal,
    asked: [] as string[],
    updates: [] as number[],
    notified: [] as Primary['notified'],
    stop: () => {},
  }
  const query = (message: Uint8Array): Uint8Array | undefined => {
    const request = decodeMessage(message)
    if ('problem' in request || primary.model === undefined) return undefined
    const soa = primary.model.soa!
    const answers =
      request.questions[0]?.type === TYPE.SOA
        ? [{ name: primary.model.origin, type: TYPE.SOA, class: 1, ttl: 3600, rdata: soa }]
        : []
    const plain = refusal(request, RCODE.NOERROR)
    return encodeMessage({ ...plain, flags: plain.flags | FLAG.AA, answers })
  }
  const door = createTransferDoor({
    nowSeconds: () => Math.floor(Date.now() / 1000),
    keys: () => new Map([[KEY.name, KEY]]),
    allow: () => [{ kind: 'network', network: { address: Uint8Array.of(127, 0, 0, 0), prefixLength: 8 } }],
    zone: (name) => {
      if (printName(lowerName(name)) !== origin) return { kind: 'unknown' }
      if (primary.model === undefined) return { kind: 'unavailable' }
      const version = primary.model
      return {
        kind: 'served',
        version: {
          serial: version.serial,
          records: () => version,
          changesSince: (serial) => journal.since(origin, serial, version.serial),
        },
      }
    },
    query,
    notified: (_zone, serial, from) => {
      primary.notified.push({ serial, key: from.key })
      return 'accepted'
    },
    update: async (_zone, prerequisites, updates) => {
      primary.updates.push(prerequisites.length, updates.length)
      return { rcode: RCODE.NOERROR }
    },
    log: { info: () => {}, warn: () => {} },
    ...ports,
  })
  const typeAsked = (message: Uint8Array): string => {
    const request = decodeMessage(message)
    const type = 'problem' in request ? undefined : request.questions[0]?.type
    return Object.entries(TYPE).find(([, code]) => code === type)?.[0] ?? '?'
  }
  const sockets = new Set<Socket>()
  const accept = (socket: Socket): void => {
    sockets.add(socket)
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('data', async (piece) => {
      frames.push(piece)
      for (let message = frames.next(); message !== undefined; message = frames.next()) {
        primary.asked.push(`tcp ${typeAsked(message)}`)
        const send = (octets: Uint8Array) =>
          new Promise<boolean>((resolve) => socket.write(framed(octets), (error) => resolve(!error)))
        await door.handle(message.slice(), {
          transport: 'tcp',
          peer: Uint8Array.of(127, 0, 0, 1),
          port: socket.remotePort ?? 0,
          send,
        })
      }
    })
  }
  const tcp =
    tls === undefined
      ? createServer(accept)
      : createTlsServer({ ...tls, ALPNProtocols: ['dot'], minVersion: 'TLSv1.3' }, accept).on(
          'tlsClientError',
          () => {},
        )
  const udp = createSocket('udp4', async (message, from) => {
    primary.asked.push(`udp ${typeAsked(message)}`)
    const send = async (octets: Uint8Array) => {
      udp.send(octets, from.port, from.address)
      return true
    }
    await door.handle(new Uint8Array(message), {
      transport: 'udp',
      peer: Uint8Array.of(127, 0, 0, 1),
      port: from.port,
      send,
    })
  })
  // The same port for both: another process may have one of the two.
  for (;;) {
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    const { port } = tcp.address() as { port: number }
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false))
      udp.bind(port, '127.0.0.1', () => resolve(true))
    })
    if (bound) {
      primary.port = port
      break
    }
    await new Promise((resolve) => tcp.close(resolve))
  }
  primary.stop = () => {
    udp.close()
    tcp.close()
    for (const socket of sockets) socket.destroy()
  }
  return primary
}

/** Waits until something holds; a test that waits for what never comes fails by its own timeout. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited 20 s for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
