/** Blocks of the steered region are reused only when every thread has passed on. */
import t from 'tap'
import {
  CONTROL,
  createControl,
  GENERATION_MASK,
  IDLE,
  isBefore,
  RegionWriter,
  SLOT_BASE,
} from '../../src/answer/region.ts'

t.test('generations are compared as 31-bit serial numbers', async (t) => {
  t.equal(isBefore(1, 2), true)
  t.equal(isBefore(2, 1), false)
  t.equal(isBefore(5, 5), false)
  t.equal(isBefore(GENERATION_MASK, 0), true, 'the last one comes before the first one')
  t.equal(isBefore(0, GENERATION_MASK), false)
})

t.test('a replaced block waits for the threads that may still read it', async (t) => {
  const control = createControl()
  const words = new Int32Array(control)
  const region = new RegionWriter(control, 2, 4096)
  const first = region.allocate(60)
  region.publish(0, first)
  t.equal(region.view.words[SLOT_BASE], first)

  // thread 3 looks at the world
  words[CONTROL.seen + 3] = words[CONTROL.generation]! & GENERATION_MASK
  const second = region.allocate(60)
  t.not(second, first)
  region.publish(0, second)
  t.equal(region.retired, 1)
  const third = region.allocate(60)
  t.not(third, first, 'thread 3 has not passed on')

  words[CONTROL.seen + 3] = words[CONTROL.generation]! & GENERATION_MASK
  t.equal(region.allocate(60), first, 'thread 3 has seen the later generation: the block is free')

  region.publish(0, third)
  words[CONTROL.seen + 3] = IDLE
  t.equal(region.allocate(60), second, 'an idle thread holds nothing')
})

t.test('a region that is full says so, and sizes are kept apart', async (t) => {
  const region = new RegionWriter(createControl(), 1, 256)
  const blocks = [region.allocate(64), region.allocate(65), region.allocate(10)]
  t.same(
    blocks.map((block) => block >= 0),
    [true, true, true],
  )
  t.equal(region.allocate(64), -1, '64 + 128 + 64 words are taken')
  t.equal(new Set(blocks).size, 3)
})
