/**
 * Tells secondaries that a zone has changed (RFC 1996 3.6): a NOTIFY over UDP to each, again after 1, 2, 4, 8 and 16 seconds until
 * it is answered. A newer change takes the place of one that is still being told.
 */
import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { parseAddress, printAddress } from '../base/index.ts'
import {
  decodeMessage,
  encodeMessage,
  FLAG,
  OPCODE,
  opcodeOf,
  printName,
  RCODE,
  rcodeName,
  sameOctets,
  signMessage,
  TsigStreamVerifier,
  TYPE,
  withOpcode,
} from '../wire/index.ts'
import { soaFigures, type ZoneRecord } from '../zone/index.ts'
import { hmac, wireKey } from './keys.ts'
import { resourceRecord } from './outgoing.ts'
import type { Key, Peer, TransferLog } from './ports.ts'

const FIRST_WAIT_MS = 1000
const TRIES = 6

export interface NotifierPorts {
  nowSeconds(): number
  keys(): ReadonlyMap<string, Key>
  readonly log: TransferLog
}

export interface Notifier {
  /** Tells the peers about the zone's new SOA; returns at once. */
  notify(soa: ZoneRecord, peers: readonly Peer[]): void
  /** notifications that are not answered yet */
  readonly pending: number
  stop(): void
}

interface Telling {
  readonly socket: Socket
  timer: NodeJS.Timeout | undefined
}

export function createNotifier(ports: NotifierPorts): Notifier {
  const tellings = new Map<string, Telling>()

  const end = (label: string): void => {
    const telling = tellings.get(label)
    if (telling === undefined) return
    tellings.delete(label)
    clearTimeout(telling.timer)
    telling.socket.removeAllListeners('message')
    telling.socket.close()
  }

  const tell = (soa: ZoneRecord, peer: Peer): void => {
    const label = `${printName(soa.owner).toLowerCase()} ${printAddress(peer.address)}:${peer.port}`
    end(label)
    const details = {
      zone: printName(soa.owner),
      peer: printAddress(peer.address),
      serial: soaFigures(soa.rdata).serial,
    }
    const key = peer.key === undefined ? undefined : wireKey(ports.keys().get(peer.key))
    const id = randomInt(65536)
    const bare = encodeMessage({
      id,
      flags: withOpcode(FLAG.AA, OPCODE.NOTIFY),
      questions: [{ name: soa.owner, type: TYPE.SOA, class: 1 }],
      answers: [resourceRecord(soa)],
      authorities: [],
      additionals: [],
    })!
    const signed = key && signMessage(bare, key, hmac, ports.nowSeconds())
    const telling: Telling = { socket: createSocket(peer.address.length === 4 ? 'udp4' : 'udp6'), timer: undefined }
    tellings.set(label, telling)
    const { socket } = telling
    const attempt = (tries: number): void => {
      if (tries === TRIES) {
        ports.log.warn(details, 'a secondary did not answer a NOTIFY; it will find out at its next refresh')
        end(label)
        return
      }
      // Unreachable for now: the next try may find it.
      socket.send(signed?.message ?? bare, peer.port, printAddress(peer.address), () => {})
      telling.timer = setTimeout(attempt, FIRST_WAIT_MS * 2 ** tries, tries + 1)
    }
    socket.on('error', () => {})
    attempt(0)
    socket.on('message', (octets, from) => {
      if (from.port !== peer.port || !sameOctets(parseAddress(from.address) ?? bare, peer.address)) return
      const answer = decodeMessage(octets)
      if ('problem' in answer || answer.id !== id || opcodeOf(answer.flags) !== OPCODE.NOTIFY) return
      if ((answer.flags & FLAG.QR) === 0) return
      const rcode = answer.flags & 15
      const verified =
        key === undefined ||
        new TsigStreamVerifier(key, hmac, signed!.mac).verify(octets, ports.nowSeconds()) === 'good'
      // An unsigned refusal may be forged: it ends nothing.
      if (!verified) return
      if (rcode !== RCODE.NOERROR)
        ports.log.warn({ ...details, rcode: rcodeName(rcode) }, 'a secondary refused a NOTIFY')
      end(label)
    })
  }

  return {
    notify: (soa, peers) => {
      for (const peer of peers) tell(soa, peer)
    },
    get pending() {
      return tellings.size
    },
    stop: () => {
      for (const label of [...tellings.keys()]) end(label)
    },
  }
}
