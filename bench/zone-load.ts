/**
 * How long a large zone takes from its master file's bytes to the image, and how large the image is.
 *
 *     node build/bench/zone-load.js [names] [rounds]
 */
import { type LoadedZone, Lookup, loadZone, NameWalk, ZoneImage } from '../src/zone/index.ts'

const names = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 3)

const head = '$TTL 1h\n@ SOA ns1 hostmaster 1 2h 30m 2w 5m\n@ NS ns1\nns1 A 192.0.2.1\n'
const bytes = new Uint8Array(head.length + names * 32)
let octets = new TextEncoder().encodeInto(head, bytes).written
for (let i = 0; i < names; i++) {
  const line = `n${i} A 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}\n`
  octets += new TextEncoder().encodeInto(line, bytes.subarray(octets)).written
}
const file = bytes.subarray(0, octets)

function load(): LoadedZone {
  return loadZone({ origin: 'example.com', file: 'large.zone', read: () => file })
}

for (let round = 0; round < rounds; round++) {
  const begun = process.hrtime.bigint()
  const cpuBegun = process.cpuUsage()
  const { image, records, names: nodes } = load()
  const ms = Number(process.hrtime.bigint() - begun) / 1e6
  const cpu = process.cpuUsage(cpuBegun)
  const cpuMs = (cpu.user + cpu.system) / 1000
  if (image === undefined) throw new Error('the zone does not load')
  const each = (image.byteLength / nodes).toFixed(1)
  console.log(
    `load   ${records} records, ${nodes} names: ${ms.toFixed(0)} ms (CPU ${cpuMs.toFixed(0)} ms), ${each} octets a name`,
  )
  if (round === rounds - 1) lookups(new ZoneImage(image))
}

console.log(
  `memory of the process at its peak: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, the file itself included`,
)

/** Nanoseconds per look-up: names that exist, and random ones that do not. */
function lookups(image: ZoneImage): void {
  const walk = new NameWalk()
  const found = new Lookup()
  for (const [what, prefix] of [
    ['exists', 'n'],
    ['nxdomain', 'x'],
  ] as const) {
    const count = 1 << 16
    // One behind the other, as in a receive buffer: what is measured are the misses of the image, not of the questions.
    const queries = new Uint8Array(count * 32)
    for (let i = 0; i < count; i++) {
      const label = `${prefix}${Math.floor(Math.random() * names)}`
      const name = `${String.fromCharCode(label.length)}${label}\x07example\x03com\0`
      new TextEncoder().encodeInto(name, queries.subarray(i * 32))
    }
    let best = Number.POSITIVE_INFINITY
    // The best of many: other work on the machine only ever adds.
    for (let round = 0; round < 20; round++) {
      const begun = process.hrtime.bigint()
      for (let i = 0; i < count; i++) {
        walk.take(queries, i * 32)
        image.lookup(walk, 1, found)
      }
      best = Math.min(best, Number(process.hrtime.bigint() - begun) / count)
    }
    console.log(`lookup ${what}: ${best.toFixed(0)} ns`)
  }
}
