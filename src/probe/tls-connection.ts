/**
 * Connections to one address: plain, or TLS under a name, and what its certificate has to tell.
 */
import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { printDuration } from '../base/index.ts'
import type { Asked } from './outcome.ts'

/** For `net.connect`: an address, so that no resolver is asked. */
export function connectOptions(asked: Asked, port: number): TcpNetConnectOpts {
  return {
    host: asked.address,
    port,
    family: asked.family,
    ...(asked.source === undefined ? {} : { localAddress: asked.source }),
  }
}

export interface TlsAsk {
  readonly port: number
  readonly sni: string | undefined
  readonly verify: boolean
}

/**
 * Begins a handshake. The certificate is verified for the name that SNI carries (RFC 6066 3: never an address), or for the address.
 * No session is resumed: a check wants to see the certificate.
 */
export function connectTls(asked: Asked, ask: TlsAsk, secureContext: SecureContext): TLSSocket {
  const name = (ask.sni ?? asked.host)?.replace(/\.$/, '')
  const options: ConnectionOptions = {
    ...connectOptions(asked, ask.port),
    secureContext,
    rejectUnauthorized: ask.verify,
    ...(name === undefined || name === '' || isIP(name) !== 0 ? {} : { servername: name }),
  }
  return connect(options)
}

/** "certificate ends in 6d 3h", where that is within the time given; expired ones are told too where nobody verifies. */
export function certificateNews(socket: Socket, withinMs: number, nowMs: number): string | undefined {
  const certificate = (socket as TLSSocket).getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const endsMs = Date.parse(certificate.validTo)
  if (Number.isNaN(endsMs)) return undefined
  if (endsMs <= nowMs) return `certificate ended ${printDuration(nowMs - endsMs)} ago`
  return endsMs - nowMs <= withinMs ? `certificate ends in ${printDuration(endsMs - nowMs)}` : undefined
}
