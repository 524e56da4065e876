/**
 * Prints a zone as a master file: canonical order, the SOA first, one record a line, every name absolute. What is printed
 * reads back as the same zone, here and in any other server.
 */
import { mnemonic, printName, printRdata } from '../wire/index.ts'
import { compareRecords, type ZoneRecord } from './records.ts'

/** One record as a line without its newline: "www.example. 3600 IN A 192.0.2.1", tabs between the fields. */
export function printRecord({ owner, type, ttl, rdata }: ZoneRecord): string {
  return `${printName(owner)}\t${ttl}\tIN\t${mnemonic(type)}\t${printRdata(type, rdata)}`
}

export function printZone(records: Iterable<ZoneRecord>): string {
  const lines = [...records].sort(compareRecords).map(printRecord)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
