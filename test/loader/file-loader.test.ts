/** Files to worlds: all of them load or none does, and what did not change is kept. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Structure } from '../../src/answer/index.ts'
import type { LoadedFiles } from '../../src/control/index.ts'
import { createFileLoader, type FileLoader } from '../../src/loader/index.ts'

const ZONE = (serial: number, more = ''): string =>
  `$TTL 300\n@ SOA ns1 hostmaster ${serial} 3600 600 604800 60\n@ NS ns1\nns1 A 192.0.2.1\n${more}`
const STEERING = (net: string): string => `zone: one.example
nodes:
  a: { a: 192.0.2.10 }
  b: { a: 192.0.2.11 }
pools:
  left: { nodes: [a] }
  right: { nodes: [b] }
records:
  www:
    rules:
      - { net: [${net}], pool: left }
      - { pool: right }
`

function folderOf(
  t: Tap,
  files: Readonly<Record<string, string>>,
): { folder: string; write(name: string, text: string): void } {
  const folder = t.testdir()
  const write = (name: string, text: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { folder, write }
}
type Tap = Pick<typeof t, 'testdir'>

const startThread = (): Worker => new Worker(new URL('../../src/loader/load-thread.js', import.meta.url))
const loaderOf = (zones: string, elsewhere: () => readonly string[] = () => []): FileLoader =>
  createFileLoader({ zones, geoip: {}, startThread, elsewhere })

async function loaded(loader: FileLoader): Promise<LoadedFiles> {
  const result = await loader.load()
  if (!result.ok) throw new Error(result.issues.map(({ code }) => code).join(' '))
  return result.files
}
const imageOf = (files: LoadedFiles): Structure => files.image as Structure
const zoneOf = (files: LoadedFiles, name: string) => imageOf(files).zones.find((zone) => zone.name === name)!.image

t.test(
  'what makes a zone hard to find, and none of its answers wrong, is an error of a check and a warning of a server',
  async (t) => {
    const apex = '$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 604800 60\n'
    const { folder, write } = folderOf(t, {
      'no-ns.example.zone': `${apex}www A 192.0.2.1\n`,
      'no-address.example.zone': `${apex}@ NS ns1\nwww A 192.0.2.1\n`,
      'alias.example.zone': `${apex}@ NS ns1\nns1 CNAME www\nwww A 192.0.2.1\n`,
    })
    const codes = ['zone/no-ns', 'zone/ns-cname', 'zone/ns-no-address']
    const checked = await loaderOf(folder).load()
    const told = checked.ok ? [] : checked.issues
    t.same(
      told
        .filter(({ severity }) => severity === 'error')
        .map(({ code }) => code)
        .sort(),
      codes,
    )
    const serving = createFileLoader({ zones: folder, geoip: {}, startThread, serving: true })
    const files = await loaded(serving)
    t.equal(imageOf(files).zones.length, 3)
    t.same(
      files.issues
        .filter(({ severity, code }) => severity === 'warning' && codes.includes(code))
        .map(({ code }) => code)
        .sort(),
      codes,
    )
    write('no-ns.example.zone', 'www A 192.0.2.1\n')
    const broken = await serving.load()
    t.ok(
      !broken.ok && broken.issues.some(({ code }) => code === 'zone/no-soa'),
      'what no answer can be made of stays an error',
    )
  },
)

t.test('what did not change is kept; what did is new', async (t) => {
  const { folder, write } = folderOf(t, {
    'one.example.zone': ZONE(1),
    'two.example.zone': ZONE(1, '$INCLUDE parts/mail.inc\n'),
    'parts/mail.inc': 'mail A 192.0.2.25\n',
    'one.yaml': STEERING('10.0.0.0/8'),
  })
  const loader = loaderOf(folder)
  const first = await loaded(loader)
  t.same(
    first.zones.map(({ name, serial }) => [name, serial]),
    [
      ['one.example.', 1],
      ['two.example.', 1],
    ],
  )
  t.ok(
    loader.readFiles().some((file) => file.endsWith('mail.inc')),
    'included files are watched',
  )
  t.equal(await loaded(loader), first, 'nothing changed: the very same value')

  write('one.example.zone', ZONE(2))
  const second = await loaded(loader)
  t.not(second.fingerprint, first.fingerprint)
  t.not(zoneOf(second, 'one.example.'), zoneOf(first, 'one.example.'))
  t.equal(zoneOf(second, 'two.example.'), zoneOf(first, 'two.example.'), 'the other zone was not compiled again')
  t.equal(imageOf(second).records, imageOf(first).records, 'nor were the steered records')

  write('parts/mail.inc', 'mail A 192.0.2.26\n')
  const third = await loaded(loader)
  t.not(zoneOf(third, 'two.example.'), zoneOf(first, 'two.example.'), 'an included file changes its zone')

  write('one.yaml', STEERING('172.16.0.0/12'))
  const fourth = await loaded(loader)
  t.not(imageOf(fourth).records, imageOf(third).records)
  t.equal(zoneOf(fourth, 'one.example.'), zoneOf(third, 'one.example.'), 'the steered names are the same')
  t.equal(imageOf(first).zones.length, 2, 'the first world is whole: one can go back to it')
})

t.test('an error anywhere: nothing is taken up, every issue is told', async (t) => {
  const { folder, write } = folderOf(t, { 'one.example.zone': ZONE(1), 'one.yaml': STEERING('10.0.0.0/8') })
  const loader = loaderOf(folder)
  const before = await loaded(loader)
  write('one.example.zone', ZONE(2, 'www A 192.0.2.99\nbad A 192.0.2.999\n'))
  write('three.example.zone', '@ 60 TXT "no SOA"\n')
  write('one.yaml', STEERING('10.0.0.0/8').replace('pool: left', 'pool: lefd'))
  const result = await loader.load()
  t.equal(result.ok, false)
  if (result.ok) return
  const codes = result.issues.filter(({ severity }) => severity === 'error').map(({ code }) => code)
  t.match(codes, /./)
  for (const code of ['steer/unknown-pool', 'zone/no-soa']) t.ok(codes.includes(code), code)
  t.ok(
    codes.some((code) => code.startsWith('zone/') && code !== 'zone/no-soa'),
    'the bad address and the steered name',
  )
  t.ok(
    result.issues.every(({ file }) => file !== ''),
    'each names its file',
  )
  write('one.example.zone', ZONE(1))
  rmSync(join(folder, 'three.example.zone'))
  write('one.yaml', STEERING('10.0.0.0/8'))
  const after = await loaded(loader)
  t.same(after.zones, before.zones, 'mended: as before')
})

t.test("a steered zone without a master file, and a zone that is somebody else's", async (t) => {
  const { folder } = folderOf(t, { 'one.yaml': STEERING('10.0.0.0/8') })
  const missing = await loaderOf(folder).load()
  t.equal(missing.ok, false)
  if (!missing.ok) t.match(missing.issues, [{ code: 'loader/no-zone-file', advice: /SOA/ }])
  const secondary = await loaderOf(folder, () => ['one.example.']).load()
  t.equal(secondary.ok, true, 'a secondary may be steered')
  const { folder: both } = folderOf(t, { 'one.example.zone': ZONE(1) })
  const twice = await loaderOf(both, () => ['one.example.']).load()
  t.equal(twice.ok, false)
  if (!twice.ok) t.match(twice.issues, [{ code: 'loader/zone-twice' }])
})

t.test('a number once given stays: records that come and go do not move others', async (t) => {
  const { folder, write } = folderOf(t, { 'one.example.zone': ZONE(1), 'one.yaml': STEERING('10.0.0.0/8') })
  const loader = loaderOf(folder)
  await loaded(loader)
  write('one.yaml', STEERING('10.0.0.0/8').replace('  www:', '  api:'))
  const files = await loaded(loader)
  t.same(
    imageOf(files).records.map((compiled) => compiled?.record.name),
    [undefined, 'api.one.example.'],
  )
})

t.test('places are compiled beside the reading of a large zone, and come to the same', async (t) => {
  const small = folderOf(t, { 'one.example.zone': ZONE(1), 'one.yaml': STEERING('10.0.0.0/8') })
  const steered = (files: LoadedFiles): unknown => {
    const { maps, records, countries } = imageOf(files)
    return { maps: maps.map((map) => Buffer.from(map)), records, countries: countries && Buffer.from(countries.map) }
  }
  const alone = steered(await loaded(loaderOf(small.folder)))
  // Comments make it large for nothing.
  small.write('two.example.zone', ZONE(1, `; ${'-'.repeat(997)}\n`.repeat(4200)))
  t.same(steered(await loaded(loaderOf(small.folder))), alone)

  small.write('one.yaml', STEERING('10.0.0.0/8').replace('net: [10.0.0.0/8]', 'city: nowhere'))
  const refused = await loaderOf(small.folder).load()
  t.notOk(refused.ok, 'what is wrong with the steering is told all the same')
})

t.test('a state is laid down and taken up again by the next process, number for number', async (t) => {
  const { folder, write } = folderOf(t, {
    'one.example.zone': ZONE(1),
    'two.example.zone': ZONE(1, 'mail A 192.0.2.25\n'),
    'one.yaml': STEERING('10.0.0.0/8'),
  })
  const states = { folder: join(t.testdirName, 'states'), version: '1' }
  const loader = createFileLoader({ zones: folder, geoip: {}, startThread, states })
  const first = await loaded(loader)
  await loader.states!.keep(first)
  write('one.yaml', `${STEERING('10.0.0.0/8')}  aaa: left\n`)
  const second = await loaded(loader)
  await loader.states!.keep(second)

  const next = createFileLoader({ zones: folder, geoip: {}, startThread, states })
  write('two.example.zone', ZONE(2))
  await loaded(next)
  const recalled = next.states!.recall(second.fingerprint)!
  t.same({ ...recalled, image: 0 }, { ...second, image: 0 })
  t.same(
    imageOf(recalled).zones.map(({ name, image }) => [name, Buffer.from(image).toString('hex')]),
    imageOf(second).zones.map(({ name, image }) => [name, Buffer.from(image).toString('hex')]),
    'octet for octet',
  )
  t.same(
    imageOf(recalled).maps.map((map) => Buffer.from(map)),
    imageOf(second).maps.map((map) => Buffer.from(map)),
  )
  t.same(next.states!.recall(first.fingerprint)?.steering.records.size, 1)

  // From now on records are numbered as in the state that goes on, also those that are read anew.
  next.states!.continueFrom(recalled)
  write('one.yaml', `${STEERING('10.0.0.0/8').replace('  www:', '  aab: left\n  www:')}  aaa: left\n`)
  const third = await loaded(next)
  t.same(
    imageOf(third).records.map((record) => record?.record.name),
    ['www.one.example.', 'aaa.one.example.', 'aab.one.example.'],
  )
  await next.states!.keep(third)
  await next.states!.retain(() => [third.fingerprint])
  t.equal(next.states!.recall(second.fingerprint), undefined, 'removed')
  t.ok(next.states!.recall(third.fingerprint))

  const later = createFileLoader({ zones: folder, geoip: {}, startThread, states: { ...states, version: '2' } })
  t.equal(later.states!.recall(third.fingerprint), undefined, 'another version reads none of it')
})

t.test('a state that is cut short or overwritten is none', async (t) => {
  const { folder } = folderOf(t, { 'one.example.zone': ZONE(1), 'one.yaml': STEERING('10.0.0.0/8') })
  const states = { folder: join(t.testdirName, 'states'), version: '1' }
  const loader = createFileLoader({ zones: folder, geoip: {}, startThread, states })
  const files = await loaded(loader)
  await loader.states!.keep(files)
  const path = join(states.folder, `${files.fingerprint}.state`)
  const whole = readFileSync(path)
  const recall = () =>
    createFileLoader({ zones: folder, geoip: {}, startThread, states }).states!.recall(files.fingerprint)
  t.ok(recall())
  for (const octets of [0, 3, 7, 8, 40, 200, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, octets))
    t.equal(recall(), undefined, `${octets} octets of ${whole.length}`)
  }
  writeFileSync(path, Buffer.alloc(whole.length, 0xff))
  t.equal(recall(), undefined)
})
