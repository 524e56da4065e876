import t from 'tap'
import { Numbers } from '../../src/answer/numbers.ts'

t.test('a number is given once, in the order of asking, and looking gives none', async (t) => {
  const numbers = new Numbers()
  t.equal(numbers.peek('a'), undefined)
  t.equal(numbers.size, 0, 'looking gave no number')
  t.same(
    ['a', 'b', 'a', 'c', 'b'].map((name) => numbers.id(name)),
    [0, 1, 0, 2, 1],
  )
  t.equal(numbers.peek('c'), 2)
  t.equal(numbers.size, 3)
  t.same(
    [...numbers.entries()],
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ],
  )
})

t.test('names of JavaScript are names like others', async (t) => {
  const numbers = new Numbers()
  for (const [i, name] of ['__proto__', 'constructor', ''].entries()) t.equal(numbers.id(name), i)
})
