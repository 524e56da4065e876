/** Bends a JSON value: one place of it becomes something else. */
import type { Random } from '../../src/base/index.ts'

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0.5,
  -1,
  1e300,
  1e21,
  2 ** 53,
  8.64e15,
  65_536,
  4_294_967_296,
  '',
  ' ',
  '0',
  '-1',
  '1e300',
  '99999999d',
  '9007199254740991ms',
  '100000000000d',
  'x'.repeat(70),
  'x'.repeat(600),
  'é'.repeat(200),
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  'line\nline',
  '$(id)',
  "'; DROP TABLE journal; --",
  '../../../etc/passwd',
  '%s%n',
  '..',
  '*',
  'a..b',
  '[::1]',
  '256.1.1.1',
  '::ffff:1.2.3.4',
  '1.2.3.4/33',
  [],
  [[]],
  {},
  { toString: 1 },
  { length: 1e9 },
  ['germany', 'germany'],
  Array.from({ length: 70 }, (_, i) => `p${i}`),
]

const KEYS = ['__proto__', 'constructor', 'toString', '', 'x', 'raeson', 'force', 'weight', '\u0000']

export function bend(value: unknown, random: Random): unknown {
  const odd = ODD[random.below(ODD.length)]
  if (Array.isArray(value) && value.length > 0 && random.below(4) > 0) {
    const at = random.below(value.length)
    return value.map((one, i) => (i === at ? bend(one, random) : one))
  }
  if (typeof value !== 'object' || value === null || random.below(8) === 0) return odd
  const entries = Object.entries(value)
  const at = random.below(entries.length + 1)
  if (at === entries.length) return Object.fromEntries([...entries, [KEYS[random.below(KEYS.length)]!, odd]])
  if (random.below(6) === 0) return Object.fromEntries(entries.filter((_, i) => i !== at))
  return Object.fromEntries(entries.map(([key, one], i) => [key, i === at ? bend(one, random) : one]))
}
