/** Reads what an HTTP/1.1 server wrote on one connection as replies, and takes nothing that a strict client would stumble over. */
import { must } from '../target.ts'

export interface Reply {
  readonly status: number
  /** names in lower case */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** false: the connection ended within it */
  readonly whole: boolean
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** @throws where the octets are no replies; the last may be cut off */
export function readReplies(octets: Buffer): Reply[] {
  const replies: Reply[] = []
  let at = 0
  while (at < octets.length) {
    const end = octets.indexOf(END_OF_HEAD, at)
    if (end < 0) {
      must(
        'HTTP/1.1 '.startsWith(octets.toString('latin1', at, at + 9)),
        'a reply begins with something else than HTTP/1.1',
      )
      return replies
    }
    const [line, ...rest] = octets.toString('latin1', at, end).split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(line!)?.[1]
    must(status !== undefined, `a reply begins with ${JSON.stringify(line!.slice(0, 80))}`)
    const headers = new Map<string, string>()
    for (const header of rest) {
      const [, name, value] = /^([!#-'*+.^_`|~\w-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(header) ?? []
      must(name !== undefined && value !== undefined, `a header reads ${JSON.stringify(header.slice(0, 80))}`)
      headers.set(name.toLowerCase(), value)
    }
    at = end + END_OF_HEAD.length
    if (Number(status) < 200) continue
    const { body, next, whole } = readBody(octets, at, headers)
    replies.push({ status: Number(status), headers, body, whole })
    at = next
  }
  return replies
}

function readBody(
  octets: Buffer,
  at: number,
  headers: ReadonlyMap<string, string>,
): { body: Buffer; next: number; whole: boolean } {
  // The reply to HEAD has the head only (RFC 9110 9.3.2): the next reply follows at once.
  if (octets.toString('latin1', at, at + 9) === 'HTTP/1.1 ') return { body: Buffer.alloc(0), next: at, whole: true }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(octets, at)
  const length = headers.get('content-length')
  const next = length === undefined ? octets.length : at + Number(length)
  return { body: octets.subarray(at, next), next: Math.min(next, octets.length), whole: next <= octets.length }
}

function readChunks(octets: Buffer, from: number): { body: Buffer; next: number; whole: boolean } {
  const chunks: Buffer[] = []
  let at = from
  while (at < octets.length) {
    const end = octets.indexOf('\r\n', at)
    if (end < 0) break
    const size = Number.parseInt(octets.toString('latin1', at, end), 16)
    must(Number.isInteger(size), 'a chunk without a size')
    chunks.push(octets.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
    if (size === 0) return { body: Buffer.concat(chunks), next: at, whole: true }
  }
  return { body: Buffer.concat(chunks), next: octets.length, whole: false }
}
