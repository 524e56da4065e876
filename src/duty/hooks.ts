/**
 * Hooks: URLs and programs that are told of events, in order, each at least once. The journal is the queue: a hook is a cursor
 * into it, kept over restarts; a receiver that is away is asked again with growing pauses, and what lies too far back is
 * passed over with a word about it. So memory does not grow, whatever a receiver does.
 *
 * URLs are signed as standardwebhooks.com says: webhook-id, webhook-timestamp, webhook-signature (v1,BASE64 of
 * HMAC-SHA256 over "id.timestamp.body"). Programs get the event as JSON on standard input.
 */
import type { Control, JournalEntry } from '../control/index.ts'
import type { DutyLog } from './log.ts'
import { postEvent, runCommand } from './tell-hook.ts'

export interface HookSettings {
  readonly to:
    | { readonly kind: 'url'; readonly url: string; readonly secret: string | undefined }
    | { readonly kind: 'program'; readonly program: string; readonly args: readonly string[] }
  /** kinds or actions of events; none: all */
  readonly events: readonly string[]
}

export interface HookView {
  readonly name: string
  readonly delivered: number
  readonly failed: number
  readonly passedOver: number
  /** events that wait */
  readonly behind: number
  /** what the last try met; null: it went well */
  readonly trouble: string | null
}

export interface Hooks {
  view(): readonly HookView[]
  /** Ends deliveries; keeps the cursors. */
  stop(): void
}

export interface HookPorts {
  readonly control: Control
  readonly now: () => number
  readonly log: DutyLog
  /** the User-Agent of what is sent */
  readonly agent: string
  /** first pause after a failure; doubles up to the longest */
  readonly firstPauseMs?: number
}

/** A receiver that was away for long is not flooded with last week's news. */
const MOST_BEHIND = 10_000
const PAGE = 100
const LONGEST_PAUSE_MS = 300_000
const KEEP_EVERY_MS = 10_000
const TIMEOUT_MS = 10_000

/** What a try came to: `drop` where the receiver will never take it (4xx). */
export type Delivery = { readonly verdict: 'ok' } | { readonly verdict: 'again' | 'drop'; readonly why: string }

export function startHooks(settings: readonly HookSettings[], ports: HookPorts): Hooks {
  const hooks = settings.map((one) => new Hook(one, ports))
  const end = ports.control.subscribe((entry) => {
    for (const hook of hooks) hook.wake(entry)
  })
  for (const hook of hooks) hook.start()
  return {
    view: () => hooks.map((hook) => hook.view()),
    stop() {
      end()
      for (const hook of hooks) hook.stop()
    },
  }
}

class Hook {
  readonly #settings: HookSettings
  readonly #ports: HookPorts
  readonly #name: string
  readonly #abort = new AbortController()
  #cursor = 0
  #keptCursor = 0
  #keptMs = 0
  #running = false
  /** an event came while deliveries were running */
  #woken = false
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #delivered = 0
  #failed = 0
  #passedOver = 0
  #trouble: string | null = null

  constructor(settings: HookSettings, ports: HookPorts) {
    this.#settings = settings
    this.#ports = ports
    // Without what may be secret in it: names stand in metrics and logs.
    this.#name = settings.to.kind === 'program' ? settings.to.program : bareUrl(settings.to.url)
  }

  start(): void {
    const { control } = this.#ports
    const last = control.lastEntryId()
    const kept = Number(control.marks().get(this.#key) ?? last)
    // A journal that was restored to an earlier time has lower numbers.
    this.#cursor = Math.min(Number.isFinite(kept) ? kept : last, last)
    if (last - this.#cursor > MOST_BEHIND) {
      this.#passedOver = last - MOST_BEHIND - this.#cursor
      this.#cursor = last - MOST_BEHIND
      this.#ports.log('warn', `hook ${this.#name} was away for long: ${this.#passedOver} old events are passed over`)
    }
    this.#keep()
    this.#go()
  }

  wake(entry: JournalEntry): void {
    // While it is idle and the entry is not for it, the cursor moves on without reading the journal.
    if (!this.#running && this.#timer === undefined && entry.id === this.#cursor + 1 && !this.#wants(entry))
      this.#cursor = entry.id
    else this.#go()
  }

  stop(): void {
    this.#abort.abort()
    clearTimeout(this.#timer)
    this.#keep()
  }

  view(): HookView {
    return {
      name: this.#name,
      delivered: this.#delivered,
      failed: this.#failed,
      passedOver: this.#passedOver,
      behind: Math.max(0, this.#ports.control.lastEntryId() - this.#cursor),
      trouble: this.#trouble,
    }
  }

  get #key(): string {
    return `hook:${this.#name} ${this.#settings.events.join(',')}`
  }

  #wants(entry: JournalEntry): boolean {
    const { events } = this.#settings
    return events.length === 0 || events.includes(entry.kind) || events.includes(entry.action)
  }

  #keep(): void {
    if (this.#cursor === this.#keptCursor) return
    this.#keptCursor = this.#cursor
    this.#keptMs = this.#ports.now()
    try {
      this.#ports.control.mark(this.#key, String(this.#cursor))
    } catch {
      // The disk: control has told of it. The event is told twice after a restart, which a receiver must expect anyway.
    }
  }

  #go(): void {
    this.#woken = this.#running
    if (this.#running || this.#timer !== undefined || this.#abort.signal.aborted) return
    this.#running = true
    void this.#deliverAll()
      .catch((error: unknown) => this.#ports.log('error', `hook ${this.#name} failed: ${String(error)}`))
      .finally(() => {
        this.#running = false
        // What was written after the last look and before this moment found somebody running and woke nobody.
        if (this.#woken) this.#go()
      })
  }

  async #deliverAll(): Promise<void> {
    const { control, now } = this.#ports
    for (;;) {
      const page = control.events({ afterId: this.#cursor, limit: PAGE })
      if (page.length === 0) break
      for (const entry of page) {
        if (this.#wants(entry)) {
          const delivery = await this.#tell(entry)
          if (this.#abort.signal.aborted) return
          if (delivery.verdict === 'again') return this.#pause(delivery.why)
          if (delivery.verdict === 'ok') this.#delivered++
          else this.#failed++
          this.#failures = 0
          this.#trouble = delivery.verdict === 'ok' ? null : delivery.why
          if (delivery.verdict === 'drop')
            this.#ports.log('warn', `hook ${this.#name} does not take event ${entry.id}: ${delivery.why}`)
        }
        this.#cursor = entry.id
        if (now() - this.#keptMs > KEEP_EVERY_MS) this.#keep()
      }
    }
    this.#keep()
  }

  #tell(entry: JournalEntry): Promise<Delivery> {
    const { to } = this.#settings
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT_MS)])
    return to.kind === 'url'
      ? postEvent(to.url, to.secret, entry, { agent: this.#ports.agent, nowMs: this.#ports.now(), signal })
      : runCommand(to.program, to.args, entry, signal)
  }

  #pause(why: string): void {
    this.#trouble = why
    const first = this.#ports.firstPauseMs ?? 1000
    // Jitter: many servers that lost the same receiver do not come back in one moment.
    const pauseMs = Math.min(LONGEST_PAUSE_MS, first * 2 ** Math.min(this.#failures, 20)) * (0.75 + Math.random() / 2)
    if (this.#failures++ === 0) this.#ports.log('warn', `hook ${this.#name}: ${why}; it is tried again`)
    this.#keep()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#go()
    }, pauseMs)
    this.#timer.unref()
  }
}

function bareUrl(url: string): string {
  const parsed = new URL(url)
  return `${parsed.origin}${parsed.pathname}`
}
