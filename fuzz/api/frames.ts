/** Octets of HTTP/1.1 that are nearly requests: a word like $operator stands for a token's text. */
import { textInput } from '../target.ts'

/** The framing of HTTP/1.1 gone wrong; what a mutation of octets starts from, beside right requests. */
export const BROKEN_FRAMES: readonly Uint8Array[] = [
  'POST /v1/nodes/de-1/drain HTTP/1.1\r\nhost: x\r\nauthorization: Bearer $operator\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"rea\r\na\r\nson":"x"}\n\r\n0\r\n\r\n',
  'POST /v1/nodes/de-1/drain HTTP/1.1\r\nhost: x\r\nauthorization: Bearer $viewer\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\nPOST /v1/nodes/de-1/drain HTTP/1.1\r\nhost: x\r\n\r\n',
  'POST /v1/nodes/de-1/drain HTTP/1.1\r\nhost: x\r\nauthorization: Bearer $operator\r\ncontent-length: 2\r\ncontent-length: 40\r\n\r\n{}',
  'PUT /v1/nodes/new-1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer $operator\r\nexpect: 100-continue\r\ncontent-length: 33\r\n\r\n{"a":"192.0.2.5","pools":["germany"]}',
  'GET /v1/nodes HTTP/1.0\r\nauthorization: Bearer $viewer\r\n\r\n',
  'GET /livez HTTP/1.1\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /v1/events/stream?since=1h HTTP/1.1\r\nhost: x\r\nauthorization: Bearer $viewer\r\nlast-event-id: 1\r\n\r\nnonsense',
  'GET /livez HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n',
  'GET /livez HTTP/3.7\r\nhost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'GET\t/livez\tHTTP/1.1\nhost: x\n\n',
  '\r\n\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n',
].map((text) => new Uint8Array(Buffer.from(text, 'latin1')))

export const FRAME_WORDS: readonly Uint8Array[] = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\0',
  ': ',
  ' HTTP/1.1\r\n',
  'content-length: 0\r\n',
  'content-length: 99999999999999999999\r\n',
  'content-length: -1\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: identity, chunked\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\n',
  'connection: close\r\n',
  'host: x\r\n',
  'Bearer $operator',
  '$admin',
  '%00',
  '../',
  '__proto__',
].map(textInput)
