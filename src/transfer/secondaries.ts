/**
 * Zones that are copies of other servers': asks their primaries when refresh.ts says so, and hands new versions on.
 * The only state here is each zone's model and its refresh state; time, storage and serving are ports.
 */
import { parseName, sameName, TYPE } from '../wire/index.ts'
import { serialNewer, soaFigures, type ZoneDiff, ZoneModel, type ZoneRecord } from '../zone/index.ts'
import { askSoa, fetchZone, type Primary } from './fetch.ts'
import { wireKey } from './keys.ts'
import type { Asker, SecondaryPorts, SecondaryStatus, SecondaryZone } from './ports.ts'
import { expiresAtMs, type RefreshEvent, type RefreshState, refresh, startRefresh, wakeAtMs } from './refresh.ts'
import { TransferProblem } from './transfer-reader.ts'

/** Transfers that come in at the same time; a server that starts with a thousand zones asks for them in turn. */
const MAX_TRANSFERS_IN = 8
/** setTimeout takes 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface Secondaries {
  /** What zones there are, and their primaries; copies of zones that stay are kept. */
  declare(zones: readonly SecondaryZone[]): void
  /** The outcome of a NOTIFY, as TransferPorts.notified wants it; undefined: not a secondary zone. */
  notified(zone: Uint8Array, from: Asker): 'accepted' | 'stranger' | undefined
  /** Asks now, whatever the timers say. @returns false: no such zone */
  refresh(zone: string): boolean
  readonly zones: readonly SecondaryStatus[]
  stop(): void
}

interface Copy {
  declared: SecondaryZone
  readonly name: Uint8Array
  model: ZoneModel | undefined
  state: RefreshState
  timer: NodeJS.Timeout | undefined
  gone: boolean
}

export function createSecondaries(ports: SecondaryPorts): Secondaries {
  const copies = new Map<string, Copy>()
  let running = 0
  const queue: (() => void)[] = []

  const begin = (declared: SecondaryZone): void => {
    const name = parseName(declared.zone)
    if (name === undefined) return
    const saved = ports.saved(declared.zone)
    const model = saved?.model
    const soa = model?.soa
    const state = startRefresh(
      ports.nowMs(),
      soa && saved && { soa: soaFigures(soa), confirmedAtMs: saved.confirmedAtMs },
    )
    const copy: Copy = { declared, name, model: soa && model, state, timer: undefined, gone: false }
    copies.set(declared.zone, copy)
    // A copy that has expired while we were away is not served for a moment either.
    const fresh = (expiresAtMs(state) ?? 0) > ports.nowMs()
    if (copy.model !== undefined && fresh) ports.changed(declared.zone, copy.model, undefined)
    else ports.pending(declared.zone, copy.model ?? emptyZone(name))
    take(copy, { kind: 'tick' })
  }

  const take = (copy: Copy, event: RefreshEvent): void => {
    if (copy.gone) return
    const { primaries, zone } = copy.declared
    const context = { nowMs: ports.nowMs(), primaries: primaries.length, chance: ports.random() }
    const { state, effects } = refresh(copy.state, event, context)
    copy.state = state
    for (const effect of effects) {
      if (effect.kind === 'ask') schedule(copy, effect.primary)
      else if (effect.kind === 'expire') {
        ports.log.warn({ zone, error: state.lastError }, 'no primary has confirmed the zone in time: it has expired')
        ports.expired(zone)
      } else if (copy.model !== undefined) ports.changed(zone, copy.model, undefined)
    }
    clearTimeout(copy.timer)
    const wait = wakeAtMs(state) - ports.nowMs()
    if (Number.isFinite(wait))
      copy.timer = setTimeout(() => take(copy, { kind: 'tick' }), Math.min(MAX_TIMER_MS, Math.max(0, wait)))
  }

  /** Asks now, or when one of those that are asking is done. */
  const schedule = (copy: Copy, primary: number): void => {
    const start = (): void => {
      running++
      ask(copy, primary)
        .catch((error: unknown): RefreshEvent => {
          const reason = error instanceof Error ? error.message : String(error)
          ports.log.warn({ zone: copy.declared.zone, primary, reason }, 'a secondary zone could not be refreshed')
          return { kind: 'failed', error: reason }
        })
        .then((event) => {
          running--
          queue.shift()?.()
          take(copy, event)
        })
    }
    if (running < MAX_TRANSFERS_IN) start()
    else queue.push(start)
  }

  const ask = async (copy: Copy, index: number): Promise<RefreshEvent> => {
    const { zone } = copy.declared
    const primary = primaryOf(copy, index)
    const { model } = copy
    if (model !== undefined) {
      const theirs = await askSoa(copy.name, primary)
      if (!serialNewer(theirs.serial, model.serial)) {
        ports.confirm(zone, ports.nowMs())
        return { kind: 'confirmed' }
      }
    }
    const fetched = await fetchVersion(copy, primary)
    if (copy.gone) return { kind: 'confirmed' }
    if (fetched === undefined) {
      ports.confirm(zone, ports.nowMs())
      return { kind: 'confirmed' }
    }
    copy.model = fetched.model
    const { soa } = fetched.model
    ports.changed(zone, fetched.model, fetched.changes)
    keep(zone, fetched.model)
    const { serial, records } = fetched.model
    ports.log.info({ zone, serial, records, incremental: fetched.changes !== undefined }, 'zone received')
    return { kind: 'transferred', soa: soaFigures(soa!) }
  }

  /** A full disk costs the copy for the next start, not the answers of now. */
  const keep = (zone: string, model: ZoneModel): void => {
    try {
      ports.save(zone, model, ports.nowMs())
    } catch (error) {
      ports.log.warn({ zone, reason: String(error) }, 'the copy of a secondary zone cannot be kept for the next start')
    }
  }

  const primaryOf = (copy: Copy, index: number): Primary => {
    const peer = copy.declared.primaries[index % copy.declared.primaries.length]!
    const key = peer.key === undefined ? undefined : wireKey(ports.keys().get(peer.key))
    if (peer.key !== undefined && key === undefined) throw new TransferProblem(`there is no key ${peer.key}`)
    return { address: peer.address, port: peer.port, key, tls: copy.declared.tls }
  }

  return {
    declare: (zones) => {
      const wanted = new Map(zones.map((each) => [each.zone, each]))
      for (const [zone, copy] of copies) {
        if (wanted.has(zone)) continue
        copy.gone = true
        clearTimeout(copy.timer)
        copies.delete(zone)
      }
      for (const declared of zones) {
        const copy = copies.get(declared.zone)
        if (copy === undefined) begin(declared)
        else copy.declared = declared
      }
    },
    notified: (zone, from) => {
      const copy = [...copies.values()].find(({ name }) => sameName(name, zone))
      if (copy === undefined) return undefined
      const { primaries } = copy.declared
      // RFC 1996 3.10: only a primary of the zone is listened to. It need not sign: a NOTIFY only makes us ask, and that is signed.
      const index = primaries.findIndex(({ address }) => sameAddress(address, from.address))
      if (index < 0) return 'stranger'
      take(copy, { kind: 'notified', primary: index })
      return 'accepted'
    },
    refresh: (zone) => {
      const copy = copies.get(zone)
      if (copy !== undefined) take(copy, { kind: 'notified', primary: copy.state.prefer })
      return copy !== undefined
    },
    get zones() {
      return [...copies.values()].map(statusOf)
    },
    stop: () => {
      for (const copy of copies.values()) {
        copy.gone = true
        clearTimeout(copy.timer)
      }
      copies.clear()
      queue.length = 0
    },
  }
}

/** @returns undefined: nothing newer after all */
async function fetchVersion(
  copy: Copy,
  primary: Primary,
): Promise<{ readonly model: ZoneModel; readonly changes: readonly ZoneDiff[] | undefined } | undefined> {
  const { model, name } = copy
  if (model !== undefined) {
    try {
      const transferred = await fetchZone(name, primary, soaRecord(model))
      if (transferred.kind === 'current') return undefined
      if (transferred.kind === 'full') return { model: transferred.model, changes: undefined }
      const updated = transferred.diffs.reduce<ZoneModel | undefined>((each, diff) => each?.apply(diff), model)
      if (updated !== undefined) return { model: updated, changes: transferred.diffs }
      // The changes do not fit what is here: one of the two is wrong, and a whole zone settles it.
    } catch (problem) {
      // A primary that does not know IXFR says so with an rcode (RFC 1995 4); other failures would only come again.
      if (!(problem instanceof TransferProblem) || problem.rcode === undefined) throw problem
    }
  }
  const transferred = await fetchZone(name, primary, undefined)
  if (transferred.kind !== 'full') throw new TransferProblem('an AXFR was answered with something else')
  return { model: transferred.model, changes: undefined }
}

/** Names of the root and figures of zero: nobody sees them. */
function emptyZone(name: Uint8Array): ZoneModel {
  return ZoneModel.of(name, [{ owner: name, type: TYPE.SOA, ttl: 0, rdata: new Uint8Array(22) }])
}

function soaRecord(model: ZoneModel): ZoneRecord {
  for (const record of model) return record
  throw new TransferProblem('the copy is empty')
}

function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}

function statusOf({ declared, model, state }: Copy): SecondaryStatus {
  const settled = state.rounds > 0 ? 'failing' : model === undefined ? 'empty' : 'current'
  return {
    zone: declared.zone,
    state: state.expired ? 'expired' : state.asking !== undefined ? 'refreshing' : settled,
    serial: model?.serial,
    confirmedAtMs: state.confirmedAtMs,
    nextAttemptAtMs: state.nextAtMs,
    expiresAtMs: expiresAtMs(state),
    lastError: state.lastError,
  }
}
