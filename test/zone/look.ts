/** Loads zones from text and looks names up, told in one line each: what the look-up tables of this room's tests read. */
import { mnemonic, parseName, printName, printRdata, typeOf } from '../../src/wire/index.ts'
import { type LoadedZone, Lookup, loadZone, NameWalk, OUTCOME, ZoneImage } from '../../src/zone/index.ts'

/** Latin-1 text to octets: zone files in tests are ASCII, or say so. */
export function octetsOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export interface TestFiles {
  readonly [file: string]: string | undefined
}

export function load(origin: string, files: string | TestFiles, steered?: ReadonlyMap<string, number>): LoadedZone {
  const all: TestFiles = typeof files === 'string' ? { 'test.zone': files } : files
  const file = Object.keys(all)[0]!
  return loadZone({
    origin,
    file,
    read: (name) => (all[name] === undefined ? undefined : octetsOf(all[name])),
    ...(steered !== undefined && { steered }),
  })
}

/** Loads a zone that must have no errors. */
export function imageOf(origin: string, text: string, steered?: ReadonlyMap<string, number>): ZoneImage {
  const { image, issues } = load(origin, text, steered)
  if (image === undefined) throw new Error(`the zone does not load: ${JSON.stringify(issues)}`)
  return new ZoneImage(image)
}

const WORDS = Object.keys(OUTCOME) as (keyof typeof OUTCOME)[]
const walk = new NameWalk()
const found = new Lookup()

/**
 * Looks up and tells: outcome, `*` where a wildcard answered, the owner as the response would have it, and the data;
 * "answer* host3.example. MX 10 host1.example."
 */
export function look(image: ZoneImage, name: string, type: string): string {
  walk.take(parseName(name)!, 0)
  const outcome = WORDS[image.lookup(walk, typeOf(type)!, found)]!
  const star = found.wildcard ? '*' : ''
  if (found.record >= 0) return `${outcome}${star} record ${found.record}`
  if (found.node === 0) return outcome
  const owner = printName(walk.octets, walk.starts[walk.labels - found.labels]!)
  if (found.rrset === 0) return `${outcome}${star} ${owner}`
  return `${outcome}${star} ${owner} ${rdataOf(image, found.rrset).join(' | ')}`
}

/** "MX 10 host1.example." for each RR of a set */
export function rdataOf(image: ZoneImage, rrset: number): string[] {
  const { octets } = image
  const told: string[] = []
  let at = image.rrAt(rrset)
  for (let i = 0; i < image.rrCount(rrset); i++) {
    const length = (octets[at + 10]! << 8) | octets[at + 11]!
    const type = image.rrType(rrset)
    told.push(`${mnemonic(type)} ${printRdata(type, octets.slice(at + 12, at + 12 + length))}`)
    at += 12 + length
  }
  return told
}
