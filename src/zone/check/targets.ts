/** Where records point: name servers, mail exchangers and services must have addresses, aliases must lead somewhere. */
import { isAtOrBelow, mnemonic, printName, TYPE } from '../../wire/index.ts'
import { NODE } from '../image-layout.ts'
import { targetAt } from '../targets.ts'
import { isHostName } from './host-names.ts'
import type { ZoneCheck } from './zone-check.ts'

/** Checks the targets of one node's records. */
export function checkTargets(check: ZoneCheck, node: number): void {
  const { builder } = check
  if (check.has(node, NODE.below)) return
  for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!) {
    const type = builder.typeOf(record)
    const rdata = builder.rdataOf(record)
    if (type === TYPE.CNAME) checkAlias(check, record)
    else if (type === TYPE.NS) checkServer(check, node, record)
    else if (type === TYPE.PTR) checkPointer(check, node, record)
    else if (type === TYPE.MX || type === TYPE.SRV || type === TYPE.AFSDB) {
      const target = rdata.slice(targetAt(type, rdata))
      if (target[0] !== 0) checkHost(check, record, mnemonic(type), target)
    }
  }
}

function checkServer(check: ZoneCheck, node: number, record: number): void {
  const { builder } = check
  const name = builder.rdataOf(record).slice()
  const server = printName(name)
  looksWrong(check, record, 'NS', name)
  const own = builder.existing(name, 0)
  const atCut = check.has(node, NODE.cut)
  if (atCut && isAtOrBelow(name, builder.nameOf(node).slice())) {
    if (own < 0 || !check.hasAddress(own))
      check.about(
        record,
        'warning',
        'zone/no-glue',
        `The name server ${server} lies inside ${check.owner(node)}, which it serves, and has no address here.`,
        `Nobody can reach that zone through it. Add: ${server} A (address).`,
      )
    return
  }
  switch (check.target(name)) {
    case 'cname':
      check.about(
        record,
        'error',
        'zone/ns-cname',
        `The name server ${server} is a CNAME.`,
        'NS names a host with addresses, never an alias (RFC 2181 10.3).',
      )
      return
    case 'missing':
    case 'no-address':
      check.about(
        record,
        atCut ? 'warning' : 'error',
        'zone/ns-no-address',
        `The name server ${server} has no address.`,
        `Add: ${server} A (address). Is a final dot missing?`,
      )
      return
    case 'redirected':
      check.about(
        record,
        atCut ? 'warning' : 'error',
        'zone/ns-no-address',
        `The name server ${server} lies below a DNAME, which hides its addresses.`,
        'Name a host that is not below it (RFC 6672 2.4).',
      )
      return
    case 'delegated':
      check.about(
        record,
        atCut ? 'note' : 'warning',
        'zone/ns-no-address',
        `The name server ${server} lies in a delegated zone and has no glue here.`,
        `Add: ${server} A (address), so that resolvers need not look for it.`,
      )
      return
    default:
  }
}

function checkHost(check: ZoneCheck, record: number, type: string, name: Uint8Array): void {
  looksWrong(check, record, type, name)
  const code = type === 'MX' ? 'zone/mx' : 'zone/srv'
  const host = printName(name)
  switch (check.target(name)) {
    case 'cname':
      check.about(
        record,
        'warning',
        `${code}-cname`,
        `${type} points to ${host}, which is a CNAME.`,
        'Name the host itself (RFC 2181 10.3, RFC 2782).',
      )
      return
    case 'missing':
    case 'no-address':
    case 'redirected':
      check.about(
        record,
        'warning',
        `${code}-no-address`,
        `${type} points to ${host}, which has no address.`,
        'Add an A or AAAA record for it. Is a final dot missing?',
      )
      return
    default:
  }
}

/** The name of an address is a host's; the PTR records of service discovery name other things (RFC 6763 11). */
function checkPointer(check: ZoneCheck, node: number, record: number): void {
  const { builder } = check
  if (isHostName(builder.rdataOf(record), 0)) return
  if (!/(^|\.)(in-addr|ip6)\.arpa\.$/.test(printName(builder.apex))) return
  if (/^(b|db|r|dr|lb)\._dns-sd\._udp\./.test(check.owner(node))) return
  saysNoHost(check, record, 'PTR', printName(builder.rdataOf(record)))
}

/** A chain of aliases that never ends, and one that ends nowhere. */
function checkAlias(check: ZoneCheck, record: number): void {
  const { builder } = check
  const first = builder.rdataOf(record).slice()
  const target = check.target(first)
  if (target === 'missing') {
    check.about(
      record,
      'warning',
      'zone/cname-nowhere',
      `The CNAME leads to ${printName(first)}, which does not exist.`,
      'Is a final dot missing?',
    )
    return
  }
  if (target !== 'cname') return
  let node = check.nodeFor(first)
  for (let hops = 1; node >= 0 && check.has(node, NODE.cname); hops++) {
    const [next] = check.records(node, TYPE.CNAME)
    if (next === undefined) return
    if (next === record) {
      check.about(
        record,
        'warning',
        'zone/cname-loop',
        'This CNAME leads back to itself.',
        'Resolvers answer SERVFAIL for it; one name of the circle must have data.',
      )
      return
    }
    if (hops > MOST_HOPS) {
      check.about(
        record,
        'warning',
        'zone/cname-chain',
        `This CNAME is the first of more than ${MOST_HOPS} in a row.`,
        'Resolvers give up on such chains; let it lead to their end.',
      )
      return
    }
    node = check.nodeFor(builder.rdataOf(next).slice())
  }
}

/** Resolvers follow between 8 and 16 aliases. */
const MOST_HOPS = 8

/** Slips of the pen: an address where a name belongs, a final dot forgotten. */
function looksWrong(check: ZoneCheck, record: number, type: string, name: Uint8Array): void {
  const text = printName(name)
  if (/^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\./.test(text)) {
    check.about(
      record,
      'warning',
      'zone/address-as-name',
      `${type} points to "${text}", which looks like an address.`,
      `${type} names a host; the host's A record has the address.`,
    )
    return
  }
  if (!isHostName(name, 0)) saysNoHost(check, record, type, text)
  const apex = printName(check.builder.apex)
  if (apex !== '.' && text.toLowerCase().endsWith(`.${apex}${apex}`))
    check.about(
      record,
      'warning',
      'zone/final-dot',
      `${type} points to ${text}: the zone's name twice.`,
      `Write the name with its final dot: ${text.slice(0, -apex.length)}`,
    )
}

function saysNoHost(check: ZoneCheck, record: number, type: string, name: string): void {
  check.about(
    record,
    'warning',
    'zone/host-name',
    `${type} points to ${name}, which is no host name: labels are letters, digits and hyphens (not at an end).`,
    'Some resolvers and programs refuse it (RFC 1123 2.1).',
  )
}
