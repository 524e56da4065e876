import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import type { Probe } from '../../src/steer/index.ts'
import { target } from './origins.ts'

const prober = createProber({ version: '0.0.0' })
t.teardown(() => prober.close())

function shell(script: string, ...args: readonly string[]): Probe {
  return { kind: 'command', program: '/bin/sh', args: ['-c', script, 'sh', ...args] }
}

t.test('exit codes speak as monitoring plugins do', async (t) => {
  const rows: readonly [script: string, expected: string, detail: RegExp, warning?: RegExp][] = [
    ['echo fine; exit 0', 'ok', /^exit 0: fine$/],
    ['echo "disk 91 % full"; exit 1', 'ok', /exit 1/, /disk 91 % full/],
    ['echo broken >&2; exit 2', 'command', /^exit 2: broken$/],
    ['echo "what?"; exit 3', 'local', /exit 3, unknown: what\?/],
    ['exit 7', 'command', /^exit 7$/],
    ['kill -TERM $$', 'command', /ended by SIGTERM/],
    ['echo "Meridian-Agent: stopped#by hand"', 'status', /stopped: by hand/],
  ]
  for (const [script, expected, detail, warning] of rows) {
    const result = await prober.probe(target(shell(script)))
    t.equal(result.class, expected, `${script} (${result.detail})`)
    t.match(result.detail, detail)
    if (warning !== undefined) t.match(result.warning, warning)
  }
  const told = await prober.probe(target(shell('echo OK; echo "Meridian-Agent: drain load=50%"')))
  t.same(told.word, { state: 'drain', load: 0.5 })
})

t.test('it learns what it probes, and nothing else of this process', async (t) => {
  const secret = 'MERIDIAN_TOKEN'
  process.env[secret] = 'secret'
  t.teardown(() => delete process.env[secret])
  const asked = target(
    shell('echo "$1 $MERIDIAN_NODE $MERIDIAN_ADDRESS $MERIDIAN_CHECK [$MERIDIAN_TOKEN] $PWD"', '{address}'),
  )
  const result = await prober.probe(asked)
  t.equal(result.detail, 'exit 0: 127.0.0.1 n1 127.0.0.1 web [] /')
  const literal = await prober.probe(target({ kind: 'command', program: '/bin/echo', args: ['$HOME;`id`'] }))
  t.equal(literal.detail, 'exit 0: $HOME;`id`', 'no shell reads the arguments')
})

t.test('a program that is missing is our own fault', async (t) => {
  const missing = await prober.probe(target({ kind: 'command', program: '/no/such/program', args: [] }))
  t.equal(missing.class, 'local')
  t.match(missing.detail, /no such program/)
  const folder = await prober.probe(target({ kind: 'command', program: '/', args: [] }))
  t.equal(folder.class, 'local', folder.detail)
})

t.test('at the timeout the program and all it started are killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-probe-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pids')
  const result = await prober.probe(target(shell('sleep 30 & echo $! $$ > "$1"; wait', file), { timeoutMs: 400 }))
  t.equal(result.class, 'timeout', result.detail)
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  t.equal(pids.length, 2)
  for (const pid of pids) {
    while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
    t.pass(`process ${pid} is gone`)
  }
})

t.test('what a program leaves behind when it ends is killed, too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-probe-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pid')
  // One more sleeping process at every probe used to stay.
  const result = await prober.probe(target(shell('sleep 30 & echo $! > "$1"; exit 0', file)))
  t.equal(result.class, 'ok', result.detail)
  const pid = Number(readFileSync(file, 'utf8'))
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
  t.pass(`process ${pid} is gone`)
})

t.test(
  'a child that keeps the output open does not keep the verdict back; a flood of output is no trouble',
  async (t) => {
    const left = await prober.probe(target(shell('sleep 3 & echo done'), { timeoutMs: 2500 }))
    t.equal(left.class, 'ok', left.detail)
    const flood = await prober.probe(target(shell('head -c 3000000 /dev/zero; exit 0')))
    t.equal(flood.class, 'ok', flood.detail)
  },
)

t.test('waiting for a free place is not held against the node', async (t) => {
  const narrow = createProber({ version: '0.0.0', commands: 1 })
  const slow = target(shell('sleep 5'), { timeoutMs: 600 })
  const quick = target(shell('exit 0'), { timeoutMs: 300 })
  const [first, second] = await Promise.all([narrow.probe(slow), narrow.probe(quick)])
  t.equal(first.class, 'timeout')
  t.equal(second.class, 'local', second.detail)
  t.match(second.detail, /free place/)
  t.equal((await narrow.probe(target(shell('exit 0')))).class, 'ok', 'the place is free again')
  await narrow.close()
})

/** A process that ended may stand as a zombie until its parent looks. */
function alive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
