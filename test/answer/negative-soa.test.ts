/** The ready-made SOA of negative answers says what a writer would have written out, for any names. */
import t from 'tap'
import { NegativeSoa } from '../../src/answer/negative-soa.ts'
import { ResponseWriter } from '../../src/answer/writer.ts'
import { type Random, seededRandom } from '../../src/base/index.ts'
import { decodeMessage, type Message, parseName, printName, printRdata, TYPE } from '../../src/wire/index.ts'
import { ZoneImage } from '../../src/zone/index.ts'
import { imageOf } from './world.ts'

const SERIAL = 0xfffffff0

function randomLabel(random: Random): string {
  const length = random.below(12) === 0 ? 63 : 1 + random.below(8)
  return Array.from({ length }, () => 'abcdefXYZ019'[random.below(12)]).join('')
}

function randomName(random: Random, most: number): string {
  return Array.from({ length: 1 + random.below(most) }, () => randomLabel(random)).join('.')
}

/** @returns the header and question that a negative answer is written behind */
function begin(question: string, apex: string): { out: ResponseWriter; message: Uint8Array; apexOffset: number } {
  const name = parseName(question)!
  const message = new Uint8Array(2048)
  message.set([0, 7, 0x84, 3, 0, 1, 0, 0, 0, 1, 0, 0])
  message.set(name, 12)
  message.set([0, TYPE.A, 0, 1], 12 + name.length)
  const out = new ResponseWriter()
  out.begin(message, 0, 16 + name.length, message.length)
  return { out, message, apexOffset: 12 + name.length - parseName(apex)!.length }
}

/** The authority section as people read it. */
function told(message: Uint8Array): string {
  const { authorities } = decodeMessage(message) as Message
  return authorities
    .map(({ name, type, ttl, rdata }) => `${printName(name)} ${ttl} ${printRdata(type, rdata)}`)
    .join('\n')
}

t.test('for random names it reads as the record written out', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  let rounds = 0
  let inside = 0
  for (let round = 0; round < 600; round++) {
    const apex = round % 50 === 0 ? '.' : `${randomName(random, 3)}.`
    const host = (): string => {
      const kind = random.below(4)
      if (kind === 0 && apex !== '.') return `${randomLabel(random)}.${apex}`
      // As long as the zone's name, or ending in its letters without being below it: no pointer may come of it.
      if (kind === 1 && apex !== '.') return `x${apex}`
      return kind === 2 ? apex : `${randomName(random, 3)}.`
    }
    const [mname, rname] = [host(), host()]
    const below = random.below(2) === 0 ? '' : `${randomName(random, 2)}.`
    const question = apex === '.' && below !== '' ? below : `${below}${apex}`
    // Chance makes names that are none: too long, or with too long a label.
    if ([mname, rname, question].some((name) => parseName(name) === undefined)) continue
    rounds++
    if (mname.endsWith(`.${apex}`)) inside++
    const numbers = Array.from({ length: 5 }, () => random.below(2 ** 31))
    const lines = `@ 600 SOA ${mname} ${rname} ${numbers.join(' ')}\n@ 60 NS ns\nns 60 A 192.0.2.1`
    const image = new ZoneImage(imageOf(apex, lines))
    const short = begin(question, apex)
    new NegativeSoa(image).write(short.out, short.apexOffset, SERIAL)
    if (short.out.overflow) t.fail(`zone ${apex}: it did not fit`)
    const ttl = Math.min(600, numbers[4]!)
    const text = printRdata(TYPE.SOA, rdataOf(mname, rname, [SERIAL, ...numbers.slice(1)]))
    const wanted = `${apex} ${ttl} ${text}`
    const got = told(short.message.subarray(0, short.out.at))
    // The owner is the question's, in its case; rdata keeps the master file's where no pointer stands for it.
    if (got.toLowerCase() !== wanted.toLowerCase())
      t.fail(`zone ${apex} asked for ${question}: ${got} and not ${wanted}`)
    // The root is shorter than a pointer to it.
    const owner = Math.max(2, parseName(apex)!.length)
    const whole = begin(question, apex).out.at + owner + 10 + rdataOf(mname, rname, numbers).length
    if (short.out.at > whole) t.fail(`longer than written out: ${short.out.at} octets, and not ${whole}`)
  }
  t.ok(rounds > 300)
  t.ok(inside > 50, 'names below the zone were among them')
})

function rdataOf(mname: string, rname: string, numbers: readonly number[]): Uint8Array {
  const octets = new DataView(new ArrayBuffer(20))
  for (const [i, number] of numbers.entries()) octets.setUint32(4 * i, number)
  return Uint8Array.from([...parseName(mname)!, ...parseName(rname)!, ...new Uint8Array(octets.buffer)])
}

t.test('names of the zone cost a pointer each', async (t) => {
  const image = new ZoneImage(
    imageOf('portal.example.', '@ 600 SOA ns1 hostmaster 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1'),
  )
  const { out, apexOffset } = begin('nosuch.portal.example.', 'portal.example.')
  const before = out.at
  new NegativeSoa(image).write(out, apexOffset, 1)
  // pointer 2, type, class, TTL and RDLENGTH 10; ns1 4 + 2; hostmaster 11 + 2; five numbers 20
  t.equal(out.at - before, 12 + 6 + 13 + 20)
})

t.test('what does not fit is not begun', async (t) => {
  const image = new ZoneImage(
    imageOf('portal.example.', '@ 600 SOA ns1 hostmaster 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1'),
  )
  const { out, message, apexOffset } = begin('portal.example.', 'portal.example.')
  const at = out.at
  out.end = at + 50
  new NegativeSoa(image).write(out, apexOffset, 1)
  t.equal(out.overflow, true)
  t.ok(message.subarray(at).every((octet) => octet === 0))
})
