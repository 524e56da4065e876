/**
 * Checks of a zone as a whole, beyond the syntax of its lines: what named-checkzone and the registries' pre-delegation checks
 * find in a single zone. Errors keep the zone from being served; warnings are served but hurt somebody; notes are worth a look.
 * docs/errors/zone.md explains each code.
 */
import { mnemonic, printRdata, TYPE } from '../wire/index.ts'
import { checkApex } from './check/apex.ts'
import { checkPolicy } from './check/contents.ts'
import { checkAsterisk, checkHostName } from './check/host-names.ts'
import { checkSets } from './check/sets.ts'
import { checkTargets } from './check/targets.ts'
import type { ZoneCheck } from './check/zone-check.ts'
import { MOST_SET_OCTETS } from './image-layout.ts'

/** Types whose presence alone, one record, beside nothing, asks for no check but the owner's name. */
const PLAIN: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.TXT, TYPE.PTR])

export function checkZone(check: ZoneCheck): void {
  const { builder, flags } = check
  checkGrouping(check)
  checkApex(check)
  for (let node = 0; node < builder.nodes; node++) {
    const first = builder.nodeFirst[node]!
    if (first < 0) continue
    checkAsterisk(check, node)
    if (flags[node] === 0 && builder.recordNext[first]! < 0 && PLAIN.has(builder.typeOf(first))) {
      checkHostName(check, node)
      if (builder.typeOf(first) === TYPE.PTR) checkTargets(check, node)
      else if (builder.typeOf(first) === TYPE.TXT) checkPolicy(check, first)
      continue
    }
    checkSets(check, node)
    checkTargets(check, node)
    checkHostName(check, node)
  }
}

function checkGrouping(check: ZoneCheck): void {
  const { builder } = check
  const { duplicates, unevenTtl, oversized } = check.grouping
  for (const record of duplicates)
    check.about(
      record,
      'warning',
      'zone/duplicate',
      `The same ${mnemonic(builder.typeOf(record))} record stands here twice: ${shown(check, record)}`,
      'Remove one of them; it is answered once.',
    )
  for (const { record, ttl } of unevenTtl)
    check.about(
      record,
      'warning',
      'zone/uneven-ttl',
      `This ${mnemonic(builder.typeOf(record))} record's TTL differs from the others of its set; all get the lowest, ${ttl}.`,
      'Records of one name and type have one TTL (RFC 2181 5.2).',
    )
  for (const record of oversized)
    check.about(
      record,
      'error',
      'zone/set-too-large',
      `The ${mnemonic(builder.typeOf(record))} records of this name are larger than ${MOST_SET_OCTETS} octets together: no message can hold them.`,
      'Remove some of them.',
    )
}

function shown(check: ZoneCheck, record: number): string {
  const text = printRdata(check.builder.typeOf(record), check.builder.rdataOf(record).slice())
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
