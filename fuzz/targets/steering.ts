/**
 * Steering files: whatever stands in them, reading ends with issues and never throws; what reads without errors is exported as
 * files that read without errors as the same model.
 */
import { readFileSync } from 'node:fs'
import { hasErrors } from '../../src/base/index.ts'
import { exportText, readSteering, type Steering } from '../../src/steer/index.ts'
import { must, type Target, textInput } from '../target.ts'

const FILES = ['zones/portal.yaml', 'zones/examples/three-lines.yaml', 'zones/examples/shop.yaml']

const SMALL = `zone: a.b
defaults: { ttl: { max: 60s }, check: c }
checks: { c: { http: { expect: [200, 3xx] }, hysteresis: { fall: 3 } }, d: { dns: { name: a.b } } }
sites: { s: { country: MD, at: [47, 28.5] } }
nodes: { n: { a: [192.0.2.1], aaaa: "2001:db8::1", site: s }, m: 192.0.2.2 }
pools: { p: { nodes: [n, { node: m, weight: 0 }], fallback: q }, q: [192.0.2.3] }
records: { www: p, "*.x": { rules: [{ net: 10.0.0.0/8, asn: AS1, pool: p }, { pool: q }], pick: nearest } }
schedules: { z: { cron: "0 5 * * mon", drain: n } }
`

const WORDS = [
  ': ',
  ' {',
  '} ',
  '[',
  ']',
  ', ',
  '\n',
  '\n  ',
  '- ',
  '"',
  "'",
  '&a ',
  '*a',
  '<<: ',
  '!!',
  '|',
  '#',
  '...',
  '---\n',
]
const KEYS = [
  'null',
  '~',
  '0',
  '-1',
  '1e9',
  '50%',
  '10s',
  'NO',
  '@',
  '*.',
  '__proto__',
  'nodes',
  'pool',
  'fallback',
  'rules',
  'check',
]

export const target: Target = {
  name: 'steering',
  corpus: [textInput(SMALL), ...FILES.map((file) => new Uint8Array(readFileSync(file)))],
  dictionary: [...WORDS, ...KEYS].map(textInput),
  maxOctets: 6000,
  // A file takes a few milliseconds.
  rounds: 1500,
  check(input) {
    const text = new TextDecoder().decode(input)
    const { steering, issues } = readSteering([{ file: 'fuzz.yaml', text }])
    for (const { severity, code, line, column, message } of issues) {
      must(/^steer\/[a-z-]+$/.test(code), `a code that is none: ${code}`)
      must(line >= 0 && column >= 0 && message !== '', `an issue without a place or a message: ${code}`)
      must(
        severity !== 'error' || line > 0 || text.trim() === '' || code === 'steer/yaml',
        `an error without a line: ${message}`,
      )
    }
    if (hasErrors(issues)) return
    const again = readSteering([{ file: 'export.yaml', text: exportText(steering) }])
    const errors = again.issues.filter((issue) => issue.severity === 'error')
    must(errors.length === 0, `an export that does not read: ${errors[0]?.message}`)
    must(told(again.steering) === told(steering), 'an export that means something else')
  },
}

/** The model as text, without where its parts were declared, in an order that does not hang on the files. */
function told(steering: Steering): string {
  const sections = Object.entries(steering).map(([section, all]: [string, ReadonlyMap<string, unknown>]) => [
    section,
    [...all].sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
  return JSON.stringify(sections, (key, value: unknown) =>
    key === 'origin' ? undefined : value instanceof Uint8Array ? [...value] : value,
  )
}
