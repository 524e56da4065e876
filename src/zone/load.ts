/**
 * From a master file, or from records, to an image, with everything that is wrong on the way: read, group into sets, check,
 * compile.
 */
import type { Issue } from '../base/index.ts'
import { parseName, printName } from '../wire/index.ts'
import { ZoneBuilder } from './builder.ts'
import { ZoneCheck } from './check/zone-check.ts'
import { checkZone } from './check.ts'
import { markNodes, writeImage } from './compile.ts'
import { groupRecords } from './grouping.ts'
import { HEADER, NODE } from './image-layout.ts'
import { IssueLog } from './issue-log.ts'
import { MasterFileReader, ZONE_LIMITS, type ZoneLimits } from './master-file.ts'
import type { ZoneRecord } from './records.ts'

export interface ZoneSource {
  /** the zone's name, as text; a missing final dot is forgiven */
  readonly origin: string
  /** the file's name as the operator knows it: issues name it, and included files are looked for beside it */
  readonly file: string
  /** Reads a file; undefined: it cannot be read. */
  readonly read: (file: string) => Uint8Array | undefined
  /** absolute name, in any case -> record number: names of this zone whose A and AAAA are chosen per client */
  readonly steered?: ReadonlyMap<string, number>
  readonly limits?: Partial<ZoneLimits>
  /**
   * true: the zone is to be served, not only checked. What makes none of its answers wrong, and only finding it harder, is a
   * warning then: one forgotten final dot in an NS record must not take a whole server's zones away at a start.
   */
  readonly serving?: boolean
}

export interface LoadedZone {
  /** undefined where an issue is an error */
  readonly image: SharedArrayBuffer | undefined
  readonly issues: readonly Issue[]
  /** of the SOA; 0 without an image */
  readonly serial: number
  /** owner names, empty non-terminals included */
  readonly names: number
  readonly records: number
}

/** A line of a large zone is seldom shorter. The guess sizes the first tables; what is not used of them is never touched. */
const OCTETS_PER_LINE = 20

export function loadZone(source: ZoneSource): LoadedZone {
  const log = new IssueLog(source.serving === true ? (code) => !HARMLESS.has(code) : undefined)
  const origin = parseName(source.origin)
  if (origin === undefined)
    return failed(source, 'zone/name', `The zone's name "${source.origin}" is not a domain name.`)
  const bytes = source.read(source.file)
  if (bytes === undefined) return failed(source, 'zone/unreadable', 'The file cannot be read.')
  const builder = new ZoneBuilder(origin, Math.ceil(bytes.length / OCTETS_PER_LINE))
  const reader = new MasterFileReader(builder, log, origin, source.read, { ...ZONE_LIMITS, ...source.limits })
  reader.read(source.file, bytes)
  return finish(builder, log, source.steered, (record) => reader.fileOf(record))
}

export interface RecordSource {
  /** uncompressed wire form */
  readonly origin: Uint8Array
  readonly records: Iterable<ZoneRecord>
  /** what issues name instead of a file: "zone example.net in the database" */
  readonly label: string
  readonly steered?: ReadonlyMap<string, number>
  /**
   * true: what another primary, or an update, made of the zone is served as it is: only what makes an image impossible stays an
   * error (no SOA, several, sets that no message holds), all else is a warning.
   */
  readonly lenient?: boolean
}

/** Compiles a zone that came as records: from the database, from an update, by a transfer. */
export function compileRecords(source: RecordSource): LoadedZone {
  const log = new IssueLog(source.lenient === true ? (code) => FATAL.has(code) : undefined)
  log.file(source.label, new Uint8Array(0))
  const builder = new ZoneBuilder(source.origin)
  for (const { owner, type, ttl, rdata } of source.records) {
    const node = builder.node(owner, 0)
    if (node < 0) {
      const name = printName(owner)
      log.add('warning', 'zone/out-of-zone', 0, -1, `${name} is not in the zone; its records are ignored.`)
      continue
    }
    // RFC 2181 8: a TTL with its highest bit set counts as zero.
    builder.begin(type, ttl > 0x7fffffff ? 0 : ttl, -1)
    builder.bytes(rdata)
    builder.end(node)
  }
  return finish(builder, log, source.steered, () => 0)
}

/** What keeps resolvers from finding a zone, not the zone from being served. */
const HARMLESS: ReadonlySet<string> = new Set(['zone/no-ns', 'zone/ns-no-address', 'zone/ns-cname'])

/** What no image can be made of. */
const FATAL: ReadonlySet<string> = new Set(['zone/no-soa', 'zone/many-soa', 'zone/set-too-large'])

function finish(
  builder: ZoneBuilder,
  log: IssueLog,
  steered: ReadonlyMap<string, number> | undefined,
  fileOf: (record: number) => number,
): LoadedZone {
  for (const [name, record] of steered ?? []) {
    const wire = parseName(name)
    const node = wire === undefined ? -1 : builder.node(wire, 0)
    if (node < 0)
      log.add('error', 'zone/steered', 0, -1, `The steered name ${name} is not in the zone ${printName(builder.apex)}.`)
    else builder.steered.set(node, record)
  }
  const grouping = groupRecords(builder)
  const flags = markNodes(builder)
  for (const node of builder.steered.keys())
    if ((flags[node]! & (NODE.cut | NODE.below)) !== 0)
      log.add(
        'warning',
        'zone/steered',
        0,
        -1,
        `The steered name ${printName(builder.nameOf(node))} lies at or below a delegation or a DNAME: it is never answered from here.`,
        'Remove it, or the NS or DNAME records above it.',
      )
  checkZone(new ZoneCheck(builder, flags, grouping, log, fileOf))
  const issues = log.issues()
  if (log.errors > 0) return { image: undefined, issues, serial: 0, names: builder.nodes, records: builder.records }
  const image = writeImage(builder, flags)
  const words = new Int32Array(image)
  return {
    image,
    issues,
    serial: words[HEADER.serial]! >>> 0,
    names: words[HEADER.nodes]!,
    records: words[HEADER.records]!,
  }
}

function failed(source: ZoneSource, code: string, message: string): LoadedZone {
  const issue: Issue = { severity: 'error', code, file: source.file, line: 0, column: 0, message }
  return { image: undefined, issues: [issue], serial: 0, names: 0, records: 0 }
}
