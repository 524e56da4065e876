import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const sourcesOf = (room: string): string[] =>
  readdirSync(`src/${room}`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/${room}/${file}`, 'utf8'))
const sources = ['api', 'control', 'duty'].flatMap(sourcesOf)
const errors = readFileSync('docs/errors/api.md', 'utf8')
const api = readFileSync('docs/api.md', 'utf8')

t.test('every code of an issue or a harm is in docs/errors/api.md', async (t) => {
  const found = new Set<string>()
  for (const source of sourcesOf('control'))
    for (const [, code] of source.matchAll(/\b(?:wrong|warn)\('([a-z-]+)',/g)) found.add(`control/${code}`)
  for (const source of sources) {
    for (const [, code] of source.matchAll(/requestIssue\([^,]+, '([a-z-]+)'/g)) found.add(`api/${code}`)
    for (const [, code] of source.matchAll(/code: '((?:brake|pool|floor)[a-z-]*)'/g)) found.add(code!)
  }
  t.ok(found.size > 10)
  for (const code of found) t.ok(errors.includes(`\`${code}\``), code)
})

t.test('every word of a problem and every action of an event is in docs/api.md', async (t) => {
  const words = readFileSync('src/api/problem.ts', 'utf8').matchAll(/^ {2}'?([a-z-]+)'?: \[\d{3},/gm)
  for (const [, word] of words) t.ok(new RegExp(`\\b${word}\\b`).test(api), String(word))
  const actions = new Set<string>()
  for (const source of sources) {
    for (const [, action] of source.matchAll(/entryBy\(\s*core,\s*\w+,\s*'([a-z-]+)'/g)) actions.add(action!)
    for (const [, action] of source.matchAll(/\baction: '([a-z-]+)'/g)) actions.add(action!)
    for (const [, one, other] of source.matchAll(/action: [^,\n]+ \? '([a-z-]+)' : '([a-z-]+)'/g)) {
      actions.add(one!)
      actions.add(other!)
    }
  }
  t.ok(actions.size > 15)
  for (const action of actions) t.ok(new RegExp(`\\b${action}\\b`).test(api), action)
})
