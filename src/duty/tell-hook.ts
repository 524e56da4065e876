/**
 * One try to tell a hook of one event: a signed POST, or a program with the event on its standard input.
 */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import type { JournalEntry } from '../control/index.ts'
import type { Delivery } from './hooks.ts'

/** The event as a receiver reads it: the API's own words. */
function bodyOf(entry: JournalEntry): string {
  const { id, atMs, ...rest } = entry
  return JSON.stringify({ id, at: new Date(atMs).toISOString(), ...rest })
}

/**
 * The signature of a body (standardwebhooks.com): v1,BASE64.
 * @param secret as configured; `whsec_` and base64 behind it, or any text
 */
export function signature(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`
}

export async function postEvent(
  url: string,
  secret: string | undefined,
  entry: JournalEntry,
  more: { readonly agent: string; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<Delivery> {
  const body = bodyOf(entry)
  // The same for every try of the same event: a receiver knows by it what it has seen.
  const id = `meridian-${entry.id}-${entry.atMs}`
  const timestamp = Math.floor(more.nowMs / 1000)
  // Read with the first event: a start does not wait for it.
  const { fetch } = await import('undici')
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': more.agent,
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        ...(secret === undefined ? {} : { 'webhook-signature': signature(secret, id, timestamp, body) }),
      },
      body,
      // A redirect would take the event somewhere that nobody configured.
      redirect: 'manual',
      signal: more.signal,
    })
    await response.body?.cancel()
    if (response.ok) return { verdict: 'ok' }
    const why = `status ${response.status}`
    // Wrong for good: asking again changes nothing, and would hold up all that follows.
    const forGood =
      response.status >= 300 && response.status < 500 && response.status !== 408 && response.status !== 429
    return { verdict: forGood ? 'drop' : 'again', why }
  } catch (error) {
    const cause = (error as { cause?: Error }).cause
    return { verdict: 'again', why: cause?.message ?? (error instanceof Error ? error.message : String(error)) }
  }
}

/** Runs a program, no shell. Exit code 0: taken; anything else: told, not tried again (it has side effects). */
export function runCommand(
  program: string,
  args: readonly string[],
  entry: JournalEntry,
  signal: AbortSignal,
): Promise<Delivery> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
      env: { ...process.env, MERIDIAN_EVENT_ID: String(entry.id), MERIDIAN_EVENT_ACTION: entry.action },
    })
    child.on('error', (error) =>
      resolve({ verdict: 'drop', why: error.name === 'AbortError' ? 'it took longer than 10s' : error.message }),
    )
    child.on('close', (code) => resolve(code === 0 ? { verdict: 'ok' } : { verdict: 'drop', why: `exit code ${code}` }))
    // A program that does not read what it is told breaks the pipe; that is its affair.
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${bodyOf(entry)}\n`)
  })
}
