/**
 * The image against a naive model: the zone as a list of records, the look-up as RFC 1034 4.3.2 reads, label by label from the
 * apex down, with RFC 4592's wildcards and RFC 6672's DNAME. Small alphabets make every interesting collision common.
 */
import fc from 'fast-check'
import t from 'tap'
import { OctetWriter, parseName, parseRdata, printName, TYPE } from '../../src/wire/index.ts'
import { compileRecords, Lookup, NameWalk, OUTCOME, ZoneImage, type ZoneRecord } from '../../src/zone/index.ts'

const APEX = 'zone.test.'
const DATA: Readonly<Record<string, string>> = {
  A: '192.0.2.1',
  TXT: 'x',
  NS: 'ns.elsewhere.test.',
  CNAME: 'alias.elsewhere.test.',
  DNAME: 'other.test.',
  DS: `1 8 2 ${'ab'.repeat(32)}`,
}

interface Entry {
  readonly name: string
  readonly type: string
}

function recordOf({ name, type }: Entry): ZoneRecord {
  const out = new OctetWriter()
  const text = type === 'SOA' ? 'ns.elsewhere.test. host.test. 1 7200 1800 1209600 300' : DATA[type]!
  const code = TYPE[type as keyof typeof TYPE]
  if (parseRdata(code, text.split(' '), parseName('.')!, out) !== undefined) throw new Error(text)
  return { owner: parseName(name)!, type: code, ttl: 60, rdata: out.octets() }
}

/** "outcome owner type", as the RFCs tell it. */
function expected(entries: readonly Entry[], qname: string, qtype: string): string {
  const types = new Map<string, Set<string>>()
  const exists = new Set<string>([APEX])
  for (const { name, type } of entries) {
    types.set(name, (types.get(name) ?? new Set()).add(type))
    for (let at = name; at !== APEX; at = at.slice(at.indexOf('.') + 1)) exists.add(at)
  }
  const has = (name: string, type: string): boolean => types.get(name)?.has(type) === true
  const dataAt = (name: string, owner: string, star: string): string => {
    if (qtype === 'ANY') return `${types.has(name) ? 'answer' : 'nodata'}${star} ${owner}`
    if (has(name, qtype)) return `answer${star} ${owner} ${qtype}`
    if (has(name, 'CNAME')) return `cname${star} ${owner} CNAME`
    return `nodata${star} ${owner}`
  }
  const labels = qname
    .slice(0, -APEX.length)
    .split('.')
    .filter((label) => label !== '')
  let name = APEX
  if (labels.length > 0 && has(APEX, 'DNAME')) return `dname ${APEX} DNAME`
  while (labels.length > 0) {
    const next = `${labels.at(-1)}.${name}`
    if (!exists.has(next)) {
      const wildcard = `*.${name}`
      return exists.has(wildcard) ? dataAt(wildcard, qname, '*') : 'nxdomain'
    }
    labels.pop()
    name = next
    const isWildcard = name.startsWith('*.')
    if (has(name, 'NS') && !isWildcard && !(labels.length === 0 && qtype === 'DS')) return `delegation ${name} NS`
    if (has(name, 'DNAME') && !isWildcard && labels.length > 0) return `dname ${name} DNAME`
  }
  return dataAt(name, name, '')
}

const WORDS = Object.keys(OUTCOME)
const walk = new NameWalk()
const found = new Lookup()
const TYPE_NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, code]) => [code, name]))

function told(image: ZoneImage, qname: string, qtype: string): string {
  walk.take(parseName(qname)!, 0)
  const outcome = WORDS[image.lookup(walk, TYPE[qtype as keyof typeof TYPE], found)]!
  if (found.node === 0) return outcome
  const owner = printName(walk.octets, walk.starts[walk.labels - found.labels]!)
  const set = found.rrset === 0 ? '' : ` ${TYPE_NAMES.get(image.rrType(found.rrset))}`
  return `${outcome}${found.wildcard ? '*' : ''} ${owner}${set}`
}

const label = fc.constantFrom('a', 'b', '*', 'c')
const name = fc.array(label, { minLength: 0, maxLength: 5 }).map((labels) => [...labels, APEX].join('.'))
const entry: fc.Arbitrary<Entry> = fc.record({ name, type: fc.constantFrom(...Object.keys(DATA), 'A', 'A', 'TXT') })

t.test('every look-up is what the RFCs’ own algorithm finds', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 12 }),
      fc.array(name, { minLength: 1, maxLength: 30 }),
      (extra, queries) => {
        const entries: Entry[] = [{ name: APEX, type: 'SOA' }, { name: APEX, type: 'NS' }, ...extra]
        const { image } = compileRecords({
          origin: parseName(APEX)!,
          records: entries.map(recordOf),
          label: 'model',
          lenient: true,
        })
        const zone = new ZoneImage(image!)
        for (const query of [...queries, ...entries.map((one) => one.name)])
          for (const type of ['A', 'TXT', 'NS', 'DS', 'CNAME', 'DNAME', 'SOA', 'ANY'])
            if (told(zone, query, type) !== expected(entries, query, type))
              throw new Error(
                `${query} ${type}: ${told(zone, query, type)}, expected ${expected(entries, query, type)}`,
              )
      },
    ),
    { numRuns: 400, seed },
  )
})
