/**
 * Alerts: what an operator must see, raised once and cleared once.
 */
import type { FleetEffect } from './fleet-model.ts'

export interface Alert {
  readonly code: string
  readonly subject: string
  readonly message: string
  readonly sinceMs: number
}

export class Alerts {
  readonly #standing = new Map<string, Alert>()

  /** Raises or clears the alert; says so to `effects` where that is news. */
  set(effects: FleetEffect[], nowMs: number, code: string, subject: string, raised: boolean, message: string): void {
    const key = `${code} ${subject}`
    const before = this.#standing.get(key)
    if (before !== undefined && raised) {
      // No news, but who looks now must not read what was so an hour ago.
      if (before.message !== message) this.#standing.set(key, { ...before, message })
      return
    }
    if (before === undefined && !raised) return
    if (raised) this.#standing.set(key, { code, subject, message, sinceMs: nowMs })
    else this.#standing.delete(key)
    effects.push({ kind: 'alert', code, subject, raised, message })
  }

  /** Clears what is said of subjects that have gone. */
  retain(effects: FleetEffect[], nowMs: number, known: (alert: Alert) => boolean): void {
    for (const alert of [...this.#standing.values()]) {
      if (!known(alert)) this.set(effects, nowMs, alert.code, alert.subject, false, `${alert.subject} is gone`)
    }
  }

  list(): Alert[] {
    return [...this.#standing.values()]
  }
}
