/**
 * The grammar of meridian.yaml. Parsing and checking are one: a text becomes an address, a network, a duration here, or a sentence
 * that says why not. Nothing here reads a file.
 */
import { z } from 'zod'
import { type Network, parseAddress, parseDurationMs, parseNetwork } from '../base/index.ts'
import type { Access } from '../transfer/index.ts'
import { type ApiAddress, type SocketAddress, TSIG_ALGORITHMS } from './settings.ts'

/** A text that `read` turns into a value; `wanted` completes the sentence "... is not". */
function textAs<T>(wanted: string, read: (text: string) => T | undefined) {
  return z.string({ error: `this must be ${wanted}` }).transform((text, context): T => {
    const value = read(text.trim())
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: `"${text}" is not ${wanted}` })
      return z.NEVER
    }
    return value
  })
}

/** Reads ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT; names are refused: what they mean may change. */
export function parseSocketAddress(text: string, defaultPort: number): SocketAddress | undefined {
  const match = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([\d.]+)(?::(\d{1,5}))?$/.exec(text)
  const address = parseAddress(match?.[1] ?? text)
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  return address === undefined || port > 65535 ? undefined : { address, port }
}

/** Reads where the API is: ADDRESS:PORT, localhost:PORT, unix:/PATH; a URL as the CLI takes it means the same. */
export function parseApiAddress(text: string): ApiAddress | undefined {
  if (text.startsWith('unix:')) return text.length > 5 ? { kind: 'unix', path: text.slice(5) } : undefined
  const match = /^(?:https?:\/\/)?(\[[^\]]+\]|[\d.]+|localhost)(?::(\d{1,5}))?\/?$/.exec(text)
  if (match === null) return undefined
  const host = match[1] === 'localhost' ? '127.0.0.1' : match[1]!.replace(/^\[|\]$/g, '')
  const port = Number(match[2] ?? 8053)
  return parseAddress(host) === undefined || port > 65535 ? undefined : { kind: 'tcp', host, port }
}

function parseAccess(text: string): Access | undefined {
  if (text.startsWith('key:')) return text.length > 4 ? { kind: 'key', key: text.slice(4) } : undefined
  const network = parseNetwork(text)
  return network === undefined ? undefined : { kind: 'network', network }
}

/** Reads ADDRESS[:PORT], and behind a blank the TSIG key: `192.0.2.53 key:ns2`. */
export function parsePeer(text: string): { address: Uint8Array; port: number; key: string | undefined } | undefined {
  const [where = '', ...rest] = text.split(/\s+/)
  const at = parseSocketAddress(where, 53)
  if (at === undefined || rest.length > 1 || (rest[0] !== undefined && !/^key:./.test(rest[0]))) return undefined
  return { address: at.address, port: at.port, key: rest[0]?.slice(4) }
}

const socketAddress = textAs('an address and a port, such as 192.0.2.1:53 or [2001:db8::1]:53', (text) =>
  parseSocketAddress(text, 53),
)
const network = textAs('an address or a network, such as 192.0.2.0/24 (bits past the length zero)', parseNetwork)
const duration = textAs('a duration, such as 500ms, 10s, 5m, 12h or 30d', parseDurationMs)
const peer = textAs(
  'a name server: ADDRESS, ADDRESS:PORT, or either with a key behind it (192.0.2.53 key:ns2)',
  parsePeer,
)
const access = textAs('an address, a network or key:NAME', parseAccess)
const whole = (min: number, max: number) =>
  z.coerce
    .number({ error: `this must be a whole number from ${min} to ${max}` })
    .refine((n) => Number.isInteger(n) && n >= min && n <= max, {
      error: `this must be a whole number from ${min} to ${max}`,
    })
const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, { error: `this must be one of ${names.join(', ')}` })
const text = (what: string) => z.string({ error: `this must be ${what}` }).min(1, { error: `this must be ${what}` })
const flag = z.union([z.boolean(), z.enum(['true', 'false'])], { error: 'this must be true or false' })
const certificate = z.strictObject({ cert: text('the path of a PEM file'), key: text('the path of a PEM file') })
const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'this must be a list' })

const secret = {
  secret: text('a secret in base64').optional(),
  secret_file: text('the path of a file that holds the secret').optional(),
}

const rateLimits = z.strictObject({
  // A resolver of a large provider asks a few hundred different questions a second at the most; its answers are cached.
  responses_per_second: whole(1, 1_000_000).default(400),
  burst: duration.default(5000),
  slip: whole(0, 100).default(2),
  ipv4_prefix: whole(1, 32).default(24),
  ipv6_prefix: whole(1, 128).default(56),
  // 16 octets each: a megabyte for each thread.
  entries: whole(256, 1 << 22).default(65_536),
  exempt: list(network).default(() => ['127.0.0.0/8', '::1'].map((each): Network => parseNetwork(each)!)),
})

export const settingsSchema = z.strictObject({
  listen: list(socketAddress).default(() =>
    ['127.0.0.1:5300', '[::1]:5300'].map((each) => parseSocketAddress(each, 53)!),
  ),
  tls: z.strictObject({ listen: list(socketAddress), ...certificate.shape }).optional(),
  api: z
    .strictObject({
      listen: textAs('ADDRESS:PORT or unix:/PATH', parseApiAddress).default({
        kind: 'tcp',
        host: '127.0.0.1',
        port: 8053,
      }),
      tls: certificate.optional(),
      open_reads: flag.default(false),
    })
    .prefault({}),
  zones: text('the path of a folder').default('./zones'),
  data: text('the path of a folder').default('./data'),
  watch: flag.default(true),
  geoip: z
    .strictObject({
      country: text('the path of an .mmdb file').optional(),
      city: text('the path of an .mmdb file').optional(),
      asn: text('the path of an .mmdb file').optional(),
    })
    .prefault({}),
  workers: z
    .union([z.literal('auto'), whole(1, 256)], { error: 'this must be auto or a number from 1 to 256' })
    .default('auto'),
  driver: oneOf(['auto', 'batched', 'portable']).default('auto'),
  keys: z
    .record(z.string(), z.strictObject({ algorithm: oneOf(TSIG_ALGORITHMS).default('hmac-sha256'), ...secret }))
    .prefault({}),
  cookies: z
    .strictObject({
      secrets: list(
        textAs('32 hexadecimal digits (make some with: openssl rand -hex 16)', (digits) =>
          /^[0-9a-fA-F]{32}$/.test(digits)
            ? Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16))
            : undefined,
        ),
      ).default([]),
    })
    .prefault({}),
  transfer: z.strictObject({ allow: list(access).default([]), notify: list(peer).default([]) }).prefault({}),
  secondary: z
    .record(
      z.string(),
      z.strictObject({
        primaries: list(peer).min(1, { error: 'a secondary zone needs at least one primary' }),
        key: text('a name in keys').optional(),
        // RFC 9103: the name that the primaries' certificates must hold; then nothing goes in the clear.
        tls: text("the name in the primaries' certificates, such as ns1.example.net").optional(),
        ca: text('the path of a PEM file of authorities').optional(),
      }),
    )
    .prefault({}),
  limits: z
    .strictObject({
      rrl: z.union([z.literal('off'), rateLimits], { error: 'this must be off or figures' }).prefault({}),
      tcp: z
        .strictObject({
          connections: whole(1, 1_000_000).default(2000),
          per_network: whole(1, 1_000_000).default(200),
          idle: duration.default(10_000),
          message: duration.default(5000),
          write: duration.default(10_000),
        })
        .prefault({}),
    })
    .prefault({}),
  identity: z
    .strictObject({
      nsid: text('a name for this server').optional(),
      version: text('a text, or refuse').default('refuse'),
    })
    .prefault({}),
  journal: z.strictObject({ keep: duration.default(400 * 86_400_000) }).prefault({}),
  probes: z.strictObject({ keep: duration.default(30 * 86_400_000) }).prefault({}),
  hooks: list(
    z
      .strictObject({
        url: z.url({ protocol: /^https?$/, error: 'this must be an http or https URL' }).optional(),
        secret: text('the secret that signs what is sent').optional(),
        command: list(text('a program or an argument')).min(1).optional(),
        events: list(text('the kind of an event')).default([]),
      })
      .refine((hook) => (hook.url === undefined) !== (hook.command === undefined), {
        error: 'a hook has either a url or a command',
      }),
  ).default([]),
  log: z
    .strictObject({ level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info') })
    .prefault({}),
})

export type RawSettings = z.infer<typeof settingsSchema>
