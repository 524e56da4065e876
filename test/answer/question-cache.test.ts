import t from 'tap'
import { attachWorld } from '../../src/answer/attached-world.ts'
import { CACHE_SETS, CACHE_WAYS, QuestionCache, SHAPE, setOf, tagOf } from '../../src/answer/question-cache.ts'
import { QueryScan } from '../../src/wire/index.ts'
import { richWorld } from './rich-world.ts'
import { question } from './world.ts'

/** An empty cache, and a zone that its questions are about. */
function taughtCache() {
  const { world } = richWorld()
  const cache = new QuestionCache()
  const scan = new QueryScan()
  const parts = world.publisher.init(1).parts
  const zone = parts.zones.findIndex(({ name }) => name === 'steered.test.')
  const taken = (): number => cache.tags.filter((tag) => tag !== 0).length
  return { cache, scan, zone, taken, parts }
}

t.test('a tag tells an entry from a free one, and a set is in range', async (t) => {
  for (const hash of [0, 1, -1, 0x7fffffff, -0x80000000, 0xffff]) {
    t.ok(tagOf(hash) > 0 && tagOf(hash) <= 0xffff)
    t.ok(setOf(hash) >= 0 && setOf(hash) < CACHE_SETS)
  }
})

t.test('one entry a question; longer names and questions for everything have none; forget forgets', async (t) => {
  const { cache, scan, zone, taken, parts } = taughtCache()
  const world = attachWorld(parts, 1, 1, undefined)
  const teach = (name: string, type: string): number => {
    const message = question(name, type)
    scan.scan(message, 0, message.length)
    cache.remember(world, scan, 0, SHAPE.nodata, zone, 0)
    return taken()
  }
  t.equal(teach('a.steered.test', 'A'), 1)
  t.equal(teach('a.steered.test', 'A'), 1, 'the same question again')
  t.equal(teach('A.Steered.TEST', 'A'), 1, 'without case')
  t.equal(teach('a.steered.test', 'AAAA'), 2, 'another type')
  t.equal(teach('a.steered.test', 'TXT'), 2, 'a type that it has not, and not every client asks for')
  t.equal(teach(`${'x'.repeat(33)}.steered.test`, 'A'), 3, '48 octets')
  t.equal(teach(`${'x'.repeat(34)}.steered.test`, 'A'), 3, '49 octets')
  t.equal(teach('a.steered.test', 'SOA'), 3)
  t.equal(teach('a.steered.test', 'ANY'), 3)
  for (let i = 0; i < 20_000; i++) teach(`n${i}.steered.test`, 'A')
  t.equal(taken(), CACHE_SETS * CACHE_WAYS, 'it is full, and does not grow')
  cache.forget()
  t.equal(taken(), 0)
})
