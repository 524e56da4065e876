/**
 * X.509 certificates for tests, made on the spot: no tool to install, no file that ends one day.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface Identity {
  readonly cert: string
  readonly key: string
}

export interface CertificateAsk {
  readonly names: readonly string[]
  readonly notBefore?: Date
  readonly notAfter: Date
  /** undefined: self-signed, an authority of its own */
  readonly issuer?: Authority
}

export interface Authority extends Identity {
  readonly name: string
  readonly privateKey: KeyObject
}

/** Makes an ECDSA P-256 certificate (RFC 5280 4.1) for these DNS names. */
export function makeCertificate(ask: CertificateAsk): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = ask.names[0] ?? 'nobody'
  const algorithm = sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
  const serial = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 8)
  serial[0] = 1
  const alternative = sequence(...ask.names.map((one) => tag(0x82, Buffer.from(one))))
  const extensions = [
    sequence(oid('551d11'), tag(0x04, alternative)), // subjectAltName
    sequence(oid('551d13'), tag(0x04, sequence(...(ask.issuer === undefined ? [tag(0x01, Buffer.of(255))] : [])))), // basicConstraints
  ]
  const toSign = sequence(
    tag(0xa0, tag(0x02, Buffer.of(2))), // v3
    tag(0x02, serial),
    algorithm,
    distinguishedName(ask.issuer?.name ?? name),
    sequence(time(ask.notBefore ?? new Date(Date.UTC(2020, 0, 1))), time(ask.notAfter)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', toSign, ask.issuer?.privateKey ?? privateKey)
  const der = sequence(toSign, algorithm, tag(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = der.toString('base64').match(/.{1,64}/g)!
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
    privateKey,
  }
}

function tag(code: number, content: Buffer): Buffer {
  const length = content.length
  const head =
    length < 128 ? [code, length] : length < 256 ? [code, 0x81, length] : [code, 0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts))
}

function oid(hex: string): Buffer {
  return tag(0x06, Buffer.from(hex, 'hex'))
}

function distinguishedName(name: string): Buffer {
  return sequence(tag(0x31, sequence(oid('550403'), tag(0x0c, Buffer.from(name)))))
}

/** GeneralizedTime from 2050 on, UTCTime before (RFC 5280 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')
  return date.getUTCFullYear() < 2050 ? tag(0x17, Buffer.from(digits.slice(2))) : tag(0x18, Buffer.from(digits))
}
