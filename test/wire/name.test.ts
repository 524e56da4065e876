import fc from 'fast-check'
import t from 'tap'
import {
  compareNames,
  isAtOrBelow,
  nameProblem,
  parseName,
  printName,
  readName,
  sameName,
  skipName,
} from '../../src/wire/index.ts'

const wire = (text: string, origin?: string) => parseName(text, origin === undefined ? undefined : parseName(origin))!
const hex = (octets: Uint8Array | undefined) => (octets === undefined ? undefined : Buffer.from(octets).toString('hex'))
const label63 = 'a'.repeat(63)

t.test('names are read as master files write them', async (t) => {
  const rows: [string, string | undefined, string | undefined][] = [
    ['.', undefined, '00'],
    ['@', 'example.', '076578616d706c6500'],
    ['www', 'example.', '0377777707' + '6578616d706c6500'],
    ['www.', 'example.', '0377777700'],
    ['a\\.b.', undefined, '03612e6200'],
    ['a\\046b.', undefined, '03612e6200'],
    ['\\000\\255.', undefined, '0200ff00'],
    ['*.x.', undefined, '012a017800'],
    ['ä.', undefined, '02c3a400'],
    [`${label63}.`, undefined, `3f${'61'.repeat(63)}00`],
    [`${label63}a.`, undefined, undefined],
    ['a..b.', undefined, undefined],
    ['.a.', undefined, undefined],
    ['', undefined, undefined],
    ['a\\', undefined, undefined],
    ['a\\25', undefined, undefined],
    ['a\\256.', undefined, undefined],
  ]
  for (const [text, origin, expected] of rows) t.equal(hex(wire(text, origin)), expected, JSON.stringify(text))
})

t.test('a name is at most 255 octets, the root among them', async (t) => {
  const text = `${label63}.${label63}.${label63}.`
  t.equal(wire(`${text}${'b'.repeat(61)}.`)?.length, 255)
  t.equal(wire(`${text}${'b'.repeat(62)}.`), undefined)
  t.equal(wire('b'.repeat(61), text)?.length, 255)
  t.equal(wire('b'.repeat(62), text), undefined)
  t.match(nameProblem(`${text}${'b'.repeat(62)}.`), /255/)
})

t.test('whatever octets a name has, its text reads back as the same name', async (t) => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
  fc.assert(
    fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
      const name = new Uint8Array([...labels.flatMap((octets) => [octets.length, ...octets]), 0])
      return hex(parseName(printName(name))) === hex(name)
    }),
  )
  t.equal(printName(wire('a\\.b.c\\"d.\\000.')), 'a\\.b.c\\"d.\\000.')
})

t.test('compression pointers are followed backwards only', async (t) => {
  // 0: "com." | 5: "www" -> 0 | 11: -> 5 | 13: -> 13 | 15: -> 17 | 17: root | 18: a label that runs out
  const message = Buffer.from('03636f6d0003777777c000c005c00dc0110005', 'hex')
  const rows: [number, string | undefined, number | undefined][] = [
    [0, 'com.', 5],
    [5, 'www.com.', 11],
    [11, 'www.com.', 13],
    [13, undefined, undefined],
    [15, undefined, undefined],
    [17, '.', 18],
    [18, undefined, undefined],
    [19, undefined, undefined],
  ]
  for (const [at, text, end] of rows) {
    const read = readName(message, at)
    t.equal(read === undefined ? undefined : printName(read.name), text, `at ${at}`)
    t.equal(read?.end, end)
  }
  t.equal(skipName(message, 5, message.length), 11)
  t.equal(skipName(message, 18, message.length), -1)
})

t.test('no octets make readName throw, run on or exceed 255 octets', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (message, at) => {
      const read = readName(message, at)
      return read === undefined || (read.name.length <= 255 && read.end <= message.length)
    }),
    { numRuns: 2000 },
  )
})

t.test('the order is the canonical one (RFC 4034 6.1)', async (t) => {
  const sorted = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ]
  const names = sorted.map((text) => wire(text))
  for (let i = 0; i < names.length; i++)
    for (let j = 0; j < names.length; j++)
      t.equal(Math.sign(compareNames(names[i]!, names[j]!)), Math.sign(i - j), `${sorted[i]} ${sorted[j]}`)
})

t.test('names are compared without case, and by whole labels', async (t) => {
  t.ok(sameName(wire('WWW.Example.'), wire('www.eXample.')))
  t.notOk(sameName(wire('a\\.b.'), wire('a.b.')))
  t.ok(isAtOrBelow(wire('a.b.Example.'), wire('example.')))
  t.ok(isAtOrBelow(wire('example.'), wire('example.')))
  t.notOk(isAtOrBelow(wire('badexample.'), wire('example.')))
  t.ok(isAtOrBelow(wire('x.'), wire('.')))
})
