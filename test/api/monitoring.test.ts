import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { apiBench } from './bench-api.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

t.test('dashboard, alert rules and their README speak of metrics and labels that /metrics has', async (t) => {
  const b = await apiBench()
  b.pass(60_000, new Map([['md-1', 'timeout']]))
  b.api.metrics.probe({ node: 'de-1', check: 'web', startedAtMs: 0, durationMs: 3, ok: true, class: 'ok', detail: '' })
  await b.ask('GET', '/v1/nodes')
  const text = (await b.ask('GET', '/metrics', undefined, { token: null })).text
  await b.close()

  const labels = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const name = /^# TYPE (\S+)/.exec(line)?.[1]
    if (name !== undefined) labels.set(name, labels.get(name) ?? new Set())
    const sample = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line)
    if (sample === null) continue
    const known = labels.get(sample[1]!) ?? new Set(['instance', 'job'])
    for (const label of (sample[2] ?? '').matchAll(/(\w+)="/g)) known.add(label[1]!)
    labels.set(sample[1]!, known)
  }
  const lacking = (expression: string): string[] => {
    const names = [...expression.matchAll(/\bmeridian_\w+/g)].map((match) => match[0])
    const unknown = names.filter((name) => !labels.has(name))
    for (const [, name, inside] of expression.matchAll(/\b(meridian_\w+)\{([^}]*)\}/g))
      for (const label of (inside ?? '').matchAll(/(\w+)=/g))
        if (label[1] !== 'instance' && !labels.get(name!)?.has(label[1]!)) unknown.push(`${name}{${label[1]}}`)
    return unknown
  }

  const dashboard = readFileSync('docs/monitoring/dashboard.json', 'utf8')
  const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets?: { expr: string }[] }[] }
  t.ok(panels.length > 15)
  for (const panel of panels)
    for (const target of panel.targets ?? []) t.same(lacking(target.expr), [], `${panel.title}: ${target.expr}`)

  const { groups } = parse(readFileSync('docs/monitoring/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] }
  for (const rule of groups.flatMap((group) => group.rules)) {
    t.same(lacking(rule.expr), [], `${rule.alert}: ${rule.expr}`)
    t.ok(rule.annotations['summary'] && rule.annotations['advice'], `${rule.alert} says what it is and what to do`)
    t.match(rule.labels['severity'], /^(critical|warning|info)$/)
    t.equal(rule.expr.split('(').length, rule.expr.split(')').length, `${rule.alert}: parentheses`)
  }

  const readme = readFileSync('docs/monitoring/README.md', 'utf8')
  const documented = new Set<string>()
  for (const line of readme.matchAll(/^\| (meridian_[^|]+)\|/gm)) {
    let stem = ''
    for (const name of line[1]!.trim().split(', ')) {
      if (name.startsWith('meridian_')) stem = name.replace(/_[a-z]+$/, '')
      documented.add(name.startsWith('meridian_') ? name : stem + name)
    }
  }
  for (const name of documented) if (!name.endsWith('*')) t.ok(labels.has(name), `the README's ${name} exists`)
  const forgotten = [...text.matchAll(/^# TYPE (meridian_\S+)/gm)]
    .map((match) => match[1]!)
    .filter((name) => !/^meridian_(process|nodejs|build_info|start_time)/.test(name) && !documented.has(name))
  t.same(forgotten, [], 'every metric is in the README')
})
