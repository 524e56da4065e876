/**
 * HIP: the key of a host, its tag, and where to meet it (RFC 8005 5, 6).
 *
 *     tag octets 1 | algorithm 1 | key octets 2 | tag | key | names of rendezvous servers, not compressed
 *     2 200100107B1A74DF365639CC39F1D578 AwEAAbdx... rvs.example.com.
 */
import { TYPE } from '../codes.ts'
import { nameOctets, printName } from '../name.ts'
import type { RecordType } from '../rdata.ts'
import { parseBase64, parseHex, printBase64, printHex } from '../text.ts'

const TAG_AT = 4

/** @returns offset of the first server's name; past the end where the lengths do not fit */
const serversAt = (rdata: Uint8Array): number => TAG_AT + rdata[0]! + ((rdata[2]! << 8) | rdata[3]!)

export const HIP: RecordType = {
  code: TYPE.HIP,
  mnemonic: 'HIP',
  parse(fields, out) {
    const algorithm = fields.integer('algorithm', 0, 255)
    const tag = parseHex(fields.field('host identity tag'))
    if (tag === undefined || tag.length === 0 || tag.length > 255)
      fields.fail('the host identity tag must be an even number of hex digits, at most 510.')
    const key = parseBase64(fields.field('key'))
    if (key === undefined || key.length === 0 || key.length > 65535) fields.fail('the key must be base64.')
    out.uint8(tag!.length)
    out.uint8(algorithm)
    out.uint16(key!.length)
    out.bytes(tag!)
    out.bytes(key!)
    while (fields.more()) out.bytes(fields.name('rendezvous server'))
  },
  print(rdata) {
    const keyAt = TAG_AT + rdata[0]!
    let at = serversAt(rdata)
    const printed = [String(rdata[1]), printHex(rdata.subarray(TAG_AT, keyAt)), printBase64(rdata.subarray(keyAt, at))]
    for (; at < rdata.length; at += nameOctets(rdata, at)) printed.push(printName(rdata, at))
    return printed.join(' ')
  },
  check(rdata) {
    if (rdata.length < TAG_AT || rdata[0] === 0 || (rdata[2]! | rdata[3]!) === 0) return false
    let at = serversAt(rdata)
    while (at < rdata.length) {
      const octets = nameOctets(rdata, at)
      if (octets < 0) return false
      at += octets
    }
    return at === rdata.length
  },
}
