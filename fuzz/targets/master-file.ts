/**
 * Master files. Nothing throws; issues stand inside the file; the quick way through common lines reads what the general way
 * reads; what loads is found by every owner, prints, and reads back as the same zone.
 */
import { parseName, printName } from '../../src/wire/index.ts'
import { ZoneBuilder } from '../../src/zone/builder.ts'
import {
  Lookup,
  loadZone,
  NameWalk,
  OUTCOME,
  ownerOf,
  printZone,
  ZoneImage,
  zoneRecords,
} from '../../src/zone/index.ts'
import { IssueLog } from '../../src/zone/issue-log.ts'
import { MasterFileReader, ZONE_LIMITS } from '../../src/zone/master-file.ts'
import { must, type Target, textInput } from '../target.ts'

const HEAD = '$TTL 1h\n@ SOA ns hostmaster 7 2h 30m 2w 5m\n@ NS ns\nns A 192.0.2.53\n'
const ORIGIN = parseName('example.')!
const LIMITS = { ...ZONE_LIMITS, generated: 50, records: 5000 }

const TEXTS = [
  'a A 192.0.2.1\n  60 AAAA 2001:db8::1 ; comment\n',
  'a 60 IN MX 10 mail.b\nmail.b IN 1h30m A 192.0.2.2\n',
  'a.b.c TXT "quoted \\" text" bare \\065\\; ( "more"\n "lines" )\n',
  '$ORIGIN sub\n@ CNAME www\nwww A 192.0.2.3\n$ORIGIN example.\n',
  'child NS ns.child\nns.child A 192.0.2.4\nchild DS 1 8 1 abababababababababababababababababababab\n',
  'old DNAME new.test.\n*.w TXT x\nw2.*.w TXT y\n',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: $GENERATE has such placeholders
  '$GENERATE 1-9/2 h${0,3,d} A 192.0.2.$\n',
  '$INCLUDE other.zone inc\nafter TXT x\n',
  'u TYPE65280 \\# 3 aabbcc\nh HTTPS 1 . alpn="h2,h3"\n',
  '_s._tcp SRV 0 0 5060 www\nx\\.y\\032z PTR a\n',
]
const OTHER = textInput('@ A 192.0.2.5\nb A 192.0.2.6\n')

export const target: Target = {
  name: 'master-file',
  corpus: TEXTS.map((text) => textInput(HEAD + text)),
  dictionary: [
    '\n',
    '\n ',
    '(',
    ')',
    '"',
    ';',
    '\\',
    '@',
    '$',
    '$TTL ',
    '$ORIGIN ',
    '.',
    ' IN ',
    ' A ',
    '\t',
    '\r\n',
    ' TXT ',
  ].map(textInput),
  maxOctets: 3000,
  rounds: 30_000,
  check(input) {
    const read = (file: string): Uint8Array | undefined =>
      file === 'fuzz.zone' ? input : file === 'other.zone' ? OTHER : undefined
    must(readAs(input, read, true) === readAs(input, read, false), 'the quick way and the general way differ')
    const { image, issues } = loadZone({ origin: 'example.', file: 'fuzz.zone', read, limits: LIMITS })
    for (const { line, column, file } of issues)
      must(line >= 0 && column >= 0 && line <= (read(file)?.length ?? 0) + 1, 'an issue outside of its file')
    must((image === undefined) === issues.some(({ severity }) => severity === 'error'), 'an image beside errors')
    if (image === undefined) return
    const zone = new ZoneImage(image)
    findAll(zone)
    const printed = printZone(zoneRecords(zone))
    const again = loadZone({ origin: 'example.', file: 'fuzz.zone', read: () => textInput(printed) })
    must(again.image !== undefined, `what was printed does not load: ${JSON.stringify(again.issues)}`)
    must(printZone(zoneRecords(new ZoneImage(again.image))) === printed, 'the zone changed by being printed')
  },
}

/** All that was read and said, as text. */
function readAs(input: Uint8Array, read: (file: string) => Uint8Array | undefined, quick: boolean): string {
  const builder = new ZoneBuilder(ORIGIN)
  const log = new IssueLog()
  new MasterFileReader(builder, log, ORIGIN, read, LIMITS, quick).read('fuzz.zone', input)
  const told: string[] = []
  for (let node = 0; node < builder.nodes; node++)
    for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!)
      told.push(
        `${printName(builder.nameOf(node))} ${builder.typeOf(record)} ${builder.ttlOf(record)} ${builder.recordMark[record]} ${builder.rdataOf(record).join()}`,
      )
  return [...told, JSON.stringify(log.issues())].join('\n')
}

function findAll(zone: ZoneImage): void {
  const walk = new NameWalk()
  const found = new Lookup()
  for (let node = zone.apex; node !== 0; node = zone.nextNode(node)) {
    walk.take(zone.octets, zone.ownerAt(node))
    must(zone.find(walk, 0) === node, `${printName(ownerOf(zone, node))} is not found`)
    const outcome = zone.lookup(walk, 65_000, found)
    must(outcome !== OUTCOME.nxdomain, 'an owner that does not exist')
  }
}
