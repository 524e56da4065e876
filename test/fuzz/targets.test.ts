/** The fuzzer itself, and a short run of every target: what npm run fuzz does for longer. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../fuzz/main.js')
const fuzz = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

t.test('every target survives a short run from a fixed seed', async (t) => {
  const done = fuzz('--seed', '20260101', '--rounds', '1500')
  t.equal(done.status, 0, done.stdout + done.stderr)
})

t.test('what strangers and operators send has a target each', async (t) => {
  const listed = fuzz('--list').stdout
  for (const name of [
    'wire',
    'master-file',
    'steering',
    'tsig',
    'tcp-framing',
    'http-api',
    'http-octets',
    'http-answer',
  ])
    t.match(listed, new RegExp(`^${name} `, 'm'))
})

t.test('the same seed makes the same run, and wrong words are told', async (t) => {
  t.match(fuzz('--list').stdout, /^query-scan .*\n(?:.*\n)*wire /m)
  t.match(fuzz('--seed', '7', '--from', '3', '--rounds', '1', 'wire').stdout, /^seed 7\nwire: 1 inputs/)
  const wrong = fuzz('nosuch')
  t.equal(wrong.status, 2)
  t.match(wrong.stderr, /no target nosuch; there are .*wire/)
  t.equal(fuzz('--rounds', 'x').status, 2)
})
