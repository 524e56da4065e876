import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

for (const room of ['steer', 'geo']) {
  t.test(`every issue of ${room} has its section in docs/errors/${room}.md, and every section its issue`, async (t) => {
    const source = readdirSync(`src/${room}`)
      .map((file) => readFileSync(`src/${room}/${file}`, 'utf8'))
      .join('\n')
    const codes = new Set<string>()
    for (const pattern of [
      /\b(?:error|warn|fail|refuse)\(\s*'([a-z-]+)'/g,
      /\b(?:add|complain)\(\s*'(?:error|warning|note)',\s*'([a-z-]+)'/g,
      /\badd\(severity, '([a-z-]+)'/g,
      new RegExp(`code: '${room}/([a-z-]+)'`, 'g'),
    ])
      for (const [, code] of source.matchAll(pattern)) codes.add(code!)
    if (room === 'steer') for (const kind of ['node', 'pool', 'check', 'site']) codes.add(`unknown-${kind}`)
    // The loader, which reads the file, says that it cannot.
    if (room === 'geo') codes.add('unreadable')
    const headings = readFileSync(`docs/errors/${room}.md`, 'utf8').match(/^## .*$/gm) ?? []
    const told = headings.flatMap((heading) => [...heading.matchAll(/[a-z]+\/([a-z-]+)/g)].map(([, code]) => code!))
    t.ok(codes.size > 4)
    t.same([...codes].sort(), told.sort())
  })
}
