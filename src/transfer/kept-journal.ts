/**
 * Writes of kept zones as the journal tells them: who, from where, why, and what was before and after, the records that went and
 * that came among it. An update holds thousands of records and an entry is read by people: lists and lines are cut, and say so.
 */
import type { NewEntry } from '../control/index.ts'
import { TYPE } from '../wire/index.ts'
import { diffRecords, printRecord, type ZoneDiff, type ZoneRecord } from '../zone/index.ts'
import type { Grant } from './grants.ts'
import type { Writer } from './kept-ports.ts'

/** Records that an entry names on either side; the others are counted. */
const MOST_RECORDS = 20
/** Characters of a record; a key of DNSSEC or a policy of mail is longer, and its beginning tells which it is. */
const LONGEST_RECORD = 200

export type KeptVerb = 'created' | 'replaced' | 'changed' | 'updated' | 'granted' | 'removed'

/** A zone before or after a write, as far as the write concerns it. */
export interface Side {
  readonly serial?: number
  /** how many records it has */
  readonly records?: number
  readonly grants?: readonly Grant[]
  /** the records that are on this side alone */
  readonly alone?: readonly ZoneRecord[]
}

/** @param before, after undefined: there was, or is, no zone */
export function journalEntry(
  atMs: number,
  zone: string,
  what: KeptVerb,
  by: Writer,
  before: Side | undefined,
  after: Side | undefined,
): NewEntry {
  // key:certbot, as a person says it.
  const whose = what === 'updated' ? `with ${by.author.replace(':', ' ')}` : `by ${by.author}`
  return {
    atMs,
    kind: 'write',
    action: `zone-${what}`,
    author: by.author,
    from: by.from,
    ...(by.reason === undefined ? {} : { reason: by.reason }),
    ...(before === undefined ? {} : { before: viewSide(before, 'removed') }),
    ...(after === undefined ? {} : { after: viewSide(after, 'added') }),
    message: `zone ${zone} was ${what} ${whose}: ${figures(before, after)}`,
  }
}

/** What an accepted change did, as the two sides of its entry. */
export function sidesOfDiff(diff: ZoneDiff): [before: Side, after: Side] {
  const others = diff.removed.length + diff.added.length > 0
  return [
    { serial: diff.fromSerial, alone: others ? diff.removed : [diff.oldSoa] },
    { serial: diff.toSerial, alone: others ? diff.added : [diff.newSoa] },
  ]
}

/** The records that a replacement takes out and puts in; the SOA only where it is all there is. */
export function replacedRecords(
  before: Iterable<ZoneRecord>,
  after: Iterable<ZoneRecord>,
): { readonly removed: readonly ZoneRecord[]; readonly added: readonly ZoneRecord[] } {
  const all = diffRecords(before, after)
  const removed = all.removed.filter(({ type }) => type !== TYPE.SOA)
  const added = all.added.filter(({ type }) => type !== TYPE.SOA)
  return removed.length + added.length > 0 ? { removed, added } : all
}

function viewSide({ serial, records, grants, alone }: Side, name: 'removed' | 'added'): object {
  return {
    ...(serial === undefined ? {} : { serial }),
    ...(records === undefined ? {} : { records }),
    ...(grants === undefined ? {} : { grants }),
    ...(alone === undefined ? {} : { [name]: lines(alone) }),
  }
}

function lines(records: readonly ZoneRecord[]): string[] {
  const told = records.slice(0, MOST_RECORDS).map((record) => {
    const line = printRecord(record).replaceAll('\t', ' ')
    return line.length > LONGEST_RECORD ? `${line.slice(0, LONGEST_RECORD)}...` : line
  })
  const more = records.length - told.length
  return more > 0 ? [...told, `and ${more} more`] : told
}

function figures(before: Side | undefined, after: Side | undefined): string {
  if (before?.alone !== undefined && after?.alone !== undefined)
    return `${count(before.alone.length, 'record')} went, ${after.alone.length} came, serial ${before.serial} to ${after.serial}`
  const side = after ?? before
  if (side?.serial === undefined) return count(side?.grants?.length ?? 0, 'grant')
  return `${count(side.records ?? 0, 'record')}, serial ${side.serial}`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
