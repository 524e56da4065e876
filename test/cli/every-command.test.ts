/**
 * Every command of the command line, held to what all of them promise: wrong usage asks nothing and ends with 2; no or a poor token ends with 1
 * and says how to give one; a conflict ends with 1 and names the other declaration, what is unsafe ends with 3 and says how to force;
 * what was so already is told and ends with 0. A command without a row here fails the suite.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { ALL_COMMANDS } from '../../src/cli/commands/all.ts'
import { type Answers, problem, startFakeApi } from './fake-api.ts'

interface Online {
  /** right, as it is typed */
  readonly right: string
  /** what it asks of the API for that, in the end */
  readonly asks: string
  /** answers to what it asks before */
  readonly before?: Answers
  /** wrong usage */
  readonly wrong: string
  /** it changes something */
  readonly writes?: true
  /** safety rules are not about it */
  readonly safe?: true
}
/** It needs no API. */
interface Offline {
  readonly wrong: string
}

const KEPT: Answers = {
  'GET /v1/kept-zones': [{ zone: 'example.com.', serial: 10, records: 3, grants: [{ key: 'certbot.' }] }],
}
const node = (verb: string): Online => ({
  right: `${verb} de-1`,
  asks: `POST /v1/nodes/de-1/${verb}`,
  wrong: `${verb} de-1 --for ever`,
  writes: true,
})

/** By the words of the command. FILE is a file that exists. */
const ROWS: Readonly<Record<string, Online | Offline>> = {
  serve: { wrong: 'serve --nosuch' },
  status: { right: 'status', asks: 'GET /v1/health', wrong: 'status now' },
  nodes: { right: 'nodes', asks: 'GET /v1/nodes', wrong: 'nodes a b' },
  pools: { right: 'pools', asks: 'GET /v1/pools', wrong: 'pools a b' },
  records: { right: 'records', asks: 'GET /v1/records', wrong: 'records a b' },
  zones: { right: 'zones', asks: 'GET /v1/zones', wrong: 'zones a' },
  add: {
    right: 'add de-4 --a 192.0.2.14 --pool germany',
    asks: 'PUT /v1/nodes/de-4',
    wrong: 'add de-4 --a 192.0.2.400',
    writes: true,
  },
  remove: { right: 'remove de-4', asks: 'DELETE /v1/nodes/de-4', wrong: 'remove', writes: true },
  drain: node('drain'),
  resume: { ...node('resume'), wrong: 'resume de-1 --for 2h' },
  disable: node('disable'),
  'force-up': node('force-up'),
  'force-down': node('force-down'),
  weight: { right: 'weight de-1 50', asks: 'PATCH /v1/nodes/de-1', wrong: 'weight de-1 heavy', writes: true },
  standby: {
    right: 'standby germany on',
    asks: 'POST /v1/pools/germany/standby',
    wrong: 'standby germany maybe',
    writes: true,
  },
  'can-drain': { right: 'can-drain de-1', asks: 'GET /v1/nodes/de-1/can-drain', wrong: 'can-drain de-1 --site s' },
  explain: {
    right: 'explain www.portal.example --client 192.0.2.1',
    asks: 'GET /v1/explain',
    wrong: 'explain www.portal.example --client here',
  },
  events: { right: 'events', asks: 'GET /v1/events', wrong: 'events --since yesterday' },
  check: { wrong: 'check a b' },
  reload: { right: 'reload', asks: 'POST /v1/reload', wrong: 'reload --confirm-within soon', writes: true },
  plan: { right: 'plan', asks: 'GET /v1/plan', wrong: 'plan --nosuch' },
  export: { right: 'export', asks: 'GET /v1/export', wrong: 'export --nosuch' },
  backup: { right: 'backup /backup/x.db', asks: 'POST /v1/backup', wrong: 'backup', writes: true, safe: true },
  restore: { wrong: 'restore' },
  'token create': {
    right: 'token create deploy --role operator',
    asks: 'POST /v1/tokens',
    wrong: 'token create deploy --role king',
    writes: true,
    safe: true,
  },
  'token list': { right: 'token list', asks: 'GET /v1/tokens', wrong: 'token list all' },
  'token revoke': {
    right: 'token revoke deploy',
    asks: 'DELETE /v1/tokens/deploy',
    wrong: 'token revoke',
    writes: true,
    safe: true,
  },
  'zone list': { right: 'zone list', asks: 'GET /v1/kept-zones', wrong: 'zone list all' },
  'zone import': {
    right: 'zone import FILE --zone example.com',
    asks: 'PUT /v1/kept-zones/example.com',
    wrong: 'zone import',
    writes: true,
    safe: true,
  },
  'zone print': {
    right: 'zone print example.com',
    asks: 'GET /v1/kept-zones/example.com/file',
    wrong: 'zone print',
  },
  'zone add': {
    right: 'zone add example.com www A 192.0.2.1',
    asks: 'PATCH /v1/kept-zones/example.com/records',
    wrong: 'zone add example.com www',
    writes: true,
    safe: true,
  },
  'zone delete': {
    right: 'zone delete example.com www A 192.0.2.1',
    asks: 'PATCH /v1/kept-zones/example.com/records',
    wrong: 'zone delete example.com www',
    writes: true,
    safe: true,
  },
  'zone grant': {
    right: 'zone grant example.com --key lego',
    asks: 'PUT /v1/kept-zones/example.com/grants',
    before: KEPT,
    wrong: 'zone grant example.com',
    writes: true,
    safe: true,
  },
  'zone revoke': {
    right: 'zone revoke example.com --key certbot',
    asks: 'PUT /v1/kept-zones/example.com/grants',
    before: KEPT,
    wrong: 'zone revoke example.com',
    writes: true,
    safe: true,
  },
  'zone remove': {
    right: 'zone remove example.com',
    asks: 'DELETE /v1/kept-zones/example.com',
    wrong: 'zone remove',
    writes: true,
    safe: true,
  },
  geo: { right: 'geo 192.0.2.1', asks: 'GET /v1/geo', wrong: 'geo home' },
  query: { wrong: 'query www.portal.example NOSUCH' },
  compare: { wrong: 'compare' },
  lab: { wrong: 'lab' },
  tune: { wrong: 'tune' },
  import: { wrong: 'import nosuch' },
  completion: { wrong: 'completion nosuch' },
}

/** The words of every command that does something. */
function commandsOf(command: Command, words: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [words.join(' ')]
  return command.commands.flatMap((one) => commandsOf(one, [...words, one.name()]))
}

t.test('every command stands here, and no other', async (t) => {
  const program = new Command('meridian')
  for (const add of ALL_COMMANDS) add(program, () => async () => {})
  const known = commandsOf(program).sort()
  const groups = new Set(Object.keys(ROWS).map((words) => words.split(' ')[0]!))
  t.same(
    known.filter((words) => !(words in ROWS)),
    [],
    'a command without a row',
  )
  t.same(
    Object.keys(ROWS).filter((words) => !known.includes(words)),
    [],
    `a row without a command (of ${[...groups].join(' ')})`,
  )
})

t.test('each of them', async (t) => {
  const api = await startFakeApi(t)
  const folder = mkdtempSync(join(tmpdir(), 'commands-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'example.com.zone')
  writeFileSync(file, 'text of the zone')
  for (const [words, row] of Object.entries(ROWS)) {
    const misused = await api.run(row.wrong)
    t.equal(misused.exit, 2, `${row.wrong}: ${misused.out}${misused.err}`)
    t.same(misused.asked, [], `${row.wrong} asks nothing`)
    t.ok(misused.err.length > 10, `${row.wrong} is told`)
    t.equal((await api.run(`${words} --nosuch`)).exit, 2, `${words} --nosuch`)
    if (!('right' in row)) continue

    const right = row.right.replace('FILE', file)
    const run = (answer: unknown) => api.run(right, { ...row.before, [row.asks]: answer })
    for (const status of [401, 403]) {
      const refused = await run(problem(status, { detail: 'The token may not do this.' }))
      t.equal(refused.exit, 1, `${right} with ${status}`)
      t.match(refused.err, /may not do this\.[\s\S]*token/, `${right} with ${status}`)
      t.equal(refused.asked.at(-1)?.what.split('?')[0], row.asks)
    }
    const failed = await run(problem(500, { detail: 'The server failed at this request.' }))
    t.equal(failed.exit, 1, `${right} with 500`)
    if (row.writes !== true) continue

    const conflict = await run(problem(409, { detail: 'It is declared in a file.', declared: 'zones/portal.yaml:26' }))
    t.equal(conflict.exit, 1, `${right} with 409`)
    t.match(conflict.err, /declared in a file\.[\s\S]*zones\/portal\.yaml:26/, `${right} with 409`)
    const moved = await run(problem(412, { type: 'urn:meridian:problem:moved', detail: 'Somebody wrote in between.' }))
    t.not(moved.exit, 0, `${right} with 412`)
    t.match(moved.err, /in between/)
    if (row.safe !== true) {
      const unsafe = {
        detail: 'A floor would break.',
        harms: [{ code: 'floor', message: 'pool germany would be empty' }],
      }
      const held = await run(problem(412, { ...unsafe, advice: 'Say "force": true (--force) to do it all the same.' }))
      t.equal(held.exit, 3, `${right}, unsafe`)
      t.match(held.err, /pool germany would be empty[\s\S]*--force/)
    }
    if (words === 'backup' || words === 'token create') continue
    const unchanged = await run({
      status: 'unchanged',
      message: 'Nothing changed: it was so already.',
      serial: 1,
      nodes: [],
    })
    t.equal(unchanged.exit, 0, `${right}, once more: ${unchanged.err}`)
    t.match(unchanged.out, /was so already/, `${right}, once more`)
  }
})
