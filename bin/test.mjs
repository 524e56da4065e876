// Runs all tests (or the files named): makes the checkout ready, runs tap, and ends with `N passed, N failed`.
// The counts are over assertions, those of subtests included, read from tap's own report.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './ready.mjs'

const tap = join(root, 'node_modules/.bin/tap')
const installed = join(root, 'node_modules/.package-lock.json')
const built = join(root, 'node_modules/.tap-built')
const report = join(root, 'build/test-report.tap')

// tap's test class is generated for the plugins in .taprc: the published one holds a plugin that crashes with TypeScript 7.
if (!existsSync(built) || statSync(built).mtimeMs < statSync(installed).mtimeMs) {
  console.error("building tap's test class (once after an install)")
  const status = run(tap, ['build'], { stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    console.error(`tap build failed (exit ${status}); the lines above say why.`)
    process.exit(1)
  }
  writeFileSync(built, '')
}

// A test may be named by its source: test/base/address.test.ts.
const args = process.argv
  .slice(2)
  .map((arg) => (/^(\.\/)?test\/.*\.ts$/.test(arg) ? `build/${arg.replace(/^\.\//, '').replace(/\.ts$/, '.js')}` : arg))
const reporter = process.stdout.isTTY || args.some((arg) => /^(-R|--reporter)/.test(arg)) ? [] : ['--reporter=terse']
mkdirSync(join(root, 'build'), { recursive: true })
rmSync(report, { force: true })
const status = run(tap, ['run', `--output-file=${report}`, ...reporter, ...args])

const { passed, failed, skipped } = existsSync(report)
  ? count(readFileSync(report, 'utf8'))
  : { passed: 0, failed: 0, skipped: 0 }
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
if (passed === 0) console.error('No test passed: that is no success.')
process.exitCode = status !== 0 || failed > 0 || passed === 0 ? 1 : 0

/**
 * Counts assertions in TAP 14 text. A line that sums up a subtest is no assertion: it ends in ` {` (buffered), or stands one
 * level further out than the lines before it. A subtest that failed without a failed assertion (a timeout, a throw) counts as one.
 */
function count(text) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  /** failures inside the subtest that is open at each depth; undefined: none is open */
  const open = []
  let yamlIndent = -1
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length
    if (yamlIndent >= 0) {
      if (indent === yamlIndent && line.trim() === '...') yamlIndent = -1
      continue
    }
    if (line.trim() === '---') {
      yamlIndent = indent
      continue
    }
    if (/^\s*Bail out!/.test(line)) total.failed++
    const match = /^\s*(not )?ok\b(.*)$/.exec(line)
    if (match === null) continue
    const depth = indent / 4
    const bad = match[1] !== undefined
    if (/ \{$/.test(match[2])) continue
    const inside = open[depth + 1]
    open.length = depth + 1
    if (inside !== undefined && !/# (SKIP|TODO)/i.test(match[2])) {
      if (bad && inside === 0) {
        total.failed++
        open[depth] = (open[depth] ?? 0) + 1
      } else open[depth] = (open[depth] ?? 0) + inside
      continue
    }
    if (/# (SKIP|TODO)/i.test(match[2])) total.skipped++
    else if (bad) total.failed++
    else total.passed++
    open[depth] = (open[depth] ?? 0) + (bad ? 1 : 0)
  }
  return total
}
