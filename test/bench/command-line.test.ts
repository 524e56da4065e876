/** What is said to who calls npm run fuzz, bench or lab in another way than they take. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const run = (program: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, program), ...args], { encoding: 'utf8' })

t.test('usage on --help, one line for what is not understood: fuzz, bench and lab alike', async (t) => {
  for (const program of ['fuzz/main.js', 'bench/main.js', 'bench/lab.js']) {
    const told = (...args: string[]) => run(program, ...args)
    const help = told('--help')
    t.match(help, { status: 0, stdout: /^Usage: npm run /, stderr: '' }, program)
    t.equal(told('-h').stdout, help.stdout)
    const wrong = told('--nosuch')
    t.equal(wrong.status, 2, program)
    t.equal(wrong.stdout, '')
    t.match(wrong.stderr, /^Unknown option '--nosuch'\. --help shows the usage\.\n$/)
    t.match(told('nosuch'), { status: 2, stdout: '', stderr: /^[^\n]*nosuch[^\n]*\n$/ })
  }
  t.match(
    run('fuzz/main.js', '--seed').stderr,
    /^Option '--seed <value>' argument missing\. --help shows the usage\.\n$/,
  )
  t.match(run('bench/main.js', '--seconds', '0').stderr, /^--seconds wants a number above 0, not "0"\.\n$/)
})
