/** What may stand beside what: CNAME alone, one SOA, one DNAME, sets of one TTL; what is hidden below cuts and DNAMEs. */
import { mnemonic, printName, TYPE } from '../../wire/index.ts'
import { NODE } from '../image-layout.ts'
import { checkContents } from './contents.ts'
import type { ZoneCheck } from './zone-check.ts'

/** RFC 4034 3, 4: what DNSSEC puts beside a CNAME. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.RRSIG, TYPE.NSEC, TYPE.KEY])
/** What a delegation point may hold: the parent's side, and glue where the name server is the child's own name. */
const AT_CUT: ReadonlySet<number> = new Set([TYPE.NS, TYPE.DS, TYPE.A, TYPE.AAAA, TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3])

/** Checks one node that has records. */
export function checkSets(check: ZoneCheck, node: number): void {
  const { builder } = check
  const types = new Map<number, number[]>()
  for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!) {
    const type = builder.typeOf(record)
    const set = types.get(type)
    if (set === undefined) types.set(type, [record])
    else set.push(record)
  }
  checkAlone(check, node, types)
  if (check.has(node, NODE.below)) checkHidden(check, node, types)
  else if (check.has(node, NODE.cut)) checkCut(check, node, types)
  else if (node !== 0 && types.has(TYPE.DS))
    check.about(
      types.get(TYPE.DS)![0]!,
      'warning',
      'zone/ds-without-ns',
      `${check.owner(node)} has DS records but no NS records: it is no delegation.`,
      'Add the NS records of the child zone, or remove the DS.',
    )
  if (node !== 0)
    for (const soa of types.get(TYPE.SOA) ?? [])
      check.about(
        soa,
        'error',
        'zone/soa-below-apex',
        `An SOA record at ${check.owner(node)}, which is not the top of the zone ${check.owner(0)}.`,
        'A child zone has a file of its own; here stand its NS records only.',
      )
  checkWildcard(check, node, types)
  checkHashedOwner(check, node, types)
  checkContents(check, types)
}

function checkAlone(check: ZoneCheck, node: number, types: ReadonlyMap<number, readonly number[]>): void {
  const { builder } = check
  const [cname, ...surplus] = types.get(TYPE.CNAME) ?? []
  if (cname !== undefined) {
    const others = [...types.keys()].filter((type) => !BESIDE_CNAME.has(type))
    if (others.length > 0)
      check.about(
        cname,
        'error',
        'zone/cname-and-other',
        `${check.owner(node)} has a CNAME and other records (${others.map(mnemonic).join(', ')}).`,
        node === 0
          ? 'The apex has SOA and NS and so can never be a CNAME; steer it, or give it A and AAAA records.'
          : 'A CNAME stands alone (RFC 1034 3.6.2): remove it, or the others.',
      )
    for (const record of surplus)
      check.about(
        record,
        'error',
        'zone/many-cname',
        `${check.owner(node)} has more than one CNAME.`,
        'Keep one of them (RFC 2181 10.1).',
      )
  }
  for (const record of (types.get(TYPE.DNAME) ?? []).slice(1))
    check.about(
      record,
      'error',
      'zone/many-dname',
      `${check.owner(node)} has more than one DNAME.`,
      'Keep one of them (RFC 6672 2.4).',
    )
  if (check.has(node, NODE.steered))
    for (const type of [TYPE.A, TYPE.AAAA, TYPE.CNAME])
      for (const record of (types.get(type) ?? []).slice(0, 1))
        check.about(
          record,
          'error',
          'zone/steered-and-static',
          `${check.owner(node)} is steered, and has ${mnemonic(type)} records here.`,
          'Remove one of the two: the steering file, or the master file, says where this name leads.',
        )
  const exchanges = types.get(TYPE.MX) ?? []
  const none = exchanges.find((record) => builder.rdataOf(record)[2] === 0)
  if (none !== undefined && exchanges.length > 1)
    check.about(
      none,
      'warning',
      'zone/null-mx',
      `${check.owner(node)} has "MX 0 ." beside other MX records.`,
      '"MX 0 ." says that no mail is taken at all (RFC 7505 3).',
    )
}

function checkHidden(check: ZoneCheck, node: number, types: ReadonlyMap<number, readonly number[]>): void {
  const { builder } = check
  let cut = builder.nodeParent[node]!
  while (check.has(cut, NODE.below)) cut = builder.nodeParent[cut]!
  if (check.has(cut, NODE.dname) && !check.has(cut, NODE.cut)) {
    const first = builder.nodeFirst[node]!
    check.about(
      first,
      'warning',
      'zone/below-dname',
      `${check.owner(node)} lies below the DNAME at ${check.owner(cut)}: its records are never answered.`,
      'Remove them, or the DNAME (RFC 6672 2.4).',
    )
    return
  }
  for (const [type, [first]] of types) {
    if (type === TYPE.A || type === TYPE.AAAA) continue
    check.about(
      first!,
      'warning',
      'zone/below-cut',
      `${check.owner(node)} belongs to the child zone ${check.owner(cut)}: its ${mnemonic(type)} records are never answered from here.`,
      'Only addresses of name servers (glue) stand below a delegation; move the rest to the child zone.',
    )
    return
  }
}

function checkCut(check: ZoneCheck, node: number, types: ReadonlyMap<number, readonly number[]>): void {
  for (const [type, [first]] of types) {
    if (AT_CUT.has(type)) continue
    check.about(
      first!,
      'warning',
      'zone/below-cut',
      `${check.owner(node)} is delegated: its ${mnemonic(type)} records belong to the child zone and are never answered from here.`,
      'Move them to the child zone, or remove the NS records.',
    )
    return
  }
}

function checkWildcard(check: ZoneCheck, node: number, types: ReadonlyMap<number, readonly number[]>): void {
  const name = check.builder.nameOf(node)
  if (name[0] !== 1 || name[1] !== 0x2a) return
  for (const type of [TYPE.NS, TYPE.DNAME])
    for (const record of (types.get(type) ?? []).slice(0, 1))
      check.about(
        record,
        type === TYPE.NS ? 'error' : 'warning',
        'zone/wildcard',
        `${mnemonic(type)} at the wildcard ${printName(name)} delegates or redirects nothing.`,
        'Its meaning is undefined (RFC 4592 4.2, 4.4); write the names out.',
      )
}

/** RFC 5155 3: an NSEC3 record stands at a hash in base32 with the extended hex alphabet, directly below the apex. */
function checkHashedOwner(check: ZoneCheck, node: number, types: ReadonlyMap<number, readonly number[]>): void {
  const [record] = types.get(TYPE.NSEC3) ?? []
  if (record === undefined || (check.builder.nodeParent[node] === 0 && /^[0-9a-v]+\./.test(check.owner(node)))) return
  check.about(
    record,
    'error',
    'zone/nsec3-owner',
    `An NSEC3 record at ${check.owner(node)}, which is no hash.`,
    'Its owner is a hash in base32 directly below the zone (RFC 5155 3). Sign the zone again.',
  )
}
