/**
 * The thread that matches patterns (pattern.ts says why). V8 checks for the end of a script's time while a regular expression
 * backtracks, so `vm` with a timeout ends any pattern in the middle.
 */
import { createContext, Script } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import type { PatternReply, PatternRequest, PatternVerdict } from './pattern.ts'

/** Far above any honest pattern on 64 KiB, far below a probe's timeout. */
const LIMIT_MS = 50
const PATTERNS = 256

const sandbox: { pattern: RegExp | undefined; body: string; matched: boolean } = {
  pattern: undefined,
  body: '',
  matched: false,
}
const context = createContext(sandbox)
const script = new Script('matched = pattern.test(body)')
const patterns = new Map<string, RegExp>()

function compile(pattern: string): RegExp {
  const known = patterns.get(pattern)
  if (known !== undefined) return known
  const compiled = new RegExp(pattern, 'u')
  if (patterns.size >= PATTERNS) patterns.clear()
  patterns.set(pattern, compiled)
  return compiled
}

parentPort?.on('message', ({ id, pattern, body }: PatternRequest) => {
  let verdict: PatternVerdict
  try {
    sandbox.pattern = compile(pattern)
    sandbox.body = body
    script.runInContext(context, { timeout: LIMIT_MS })
    verdict = sandbox.matched ? 'match' : 'no-match'
  } catch {
    verdict = 'gave-up'
  }
  parentPort?.postMessage({ id, verdict } satisfies PatternReply)
})
