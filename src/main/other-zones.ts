/**
 * Zones that do not come from files: copies of other servers' zones. Each is a model that changes, compiled into an image
 * whenever it does; the answering side takes them together with the files' zones.
 */
import type { CompiledRecord, Structure } from '../answer/index.ts'
import { printIssue } from '../base/index.ts'
import { parseName } from '../wire/index.ts'
import { compileRecords, type ZoneDiff, type ZoneModel } from '../zone/index.ts'
import type { Log } from './log.ts'

interface Kept {
  readonly model: ZoneModel
  readonly image: SharedArrayBuffer
  readonly expired: boolean
  /** the steered names that the image was compiled with */
  readonly steeredKey: string
}

export class OtherZones {
  readonly #log: Log
  readonly #changed: () => void
  readonly #zones = new Map<string, Kept>()
  #records: readonly (CompiledRecord | undefined)[] = []
  #list: Structure['zones'] = []
  /** changes since `takeDiffs` */
  #diffs = new Map<string, ZoneDiff>()

  /** @param changed called after each change; it puts the list in force */
  constructor(log: Log, changed: () => void) {
    this.#log = log
    this.#changed = changed
  }

  /** The same array as long as nothing changed. */
  get list(): Structure['zones'] {
    return this.#list
  }

  has(zone: string): boolean {
    return this.#zones.has(zone)
  }

  model(zone: string): ZoneModel | undefined {
    return this.#zones.get(zone)?.model
  }

  /** The changes, where they are known, that led to the list as it is. */
  takeDiffs(): ReadonlyMap<string, ZoneDiff> {
    const diffs = this.#diffs
    this.#diffs = new Map()
    return diffs
  }

  /**
   * Serves a new version.
   * @param expired  answers SERVFAIL: the zone is ours, but this is nothing to answer from
   * @returns false where it cannot be compiled: the old one stays, and the log says why
   */
  put(zone: string, model: ZoneModel, changes: readonly ZoneDiff[] | undefined, expired = false): boolean {
    const kept = this.#compile(zone, model)
    if (kept === undefined) return false
    this.#zones.set(zone, { ...kept, expired })
    if (changes?.length === 1) this.#diffs.set(zone, changes[0]!)
    else this.#diffs.delete(zone)
    this.#renew()
    return true
  }

  expire(zone: string): void {
    const kept = this.#zones.get(zone)
    if (kept === undefined || kept.expired) return
    this.#zones.set(zone, { ...kept, expired: true })
    this.#renew()
  }

  remove(zone: string): void {
    if (this.#zones.delete(zone)) this.#renew()
  }

  /** The steered records have changed: zones whose steered names are others are compiled anew. */
  recordsChanged(records: readonly (CompiledRecord | undefined)[]): void {
    if (records === this.#records) return
    this.#records = records
    let changed = false
    for (const [zone, kept] of this.#zones) {
      if (keyOf(this.#steered(zone)) === kept.steeredKey) continue
      const compiled = this.#compile(zone, kept.model)
      if (compiled === undefined) continue
      this.#zones.set(zone, { ...compiled, expired: kept.expired })
      changed = true
    }
    if (changed) this.#makeList()
  }

  #steered(zone: string): ReadonlyMap<string, number> {
    return new Map(
      this.#records.flatMap((compiled, number) =>
        compiled?.record.zone === zone ? [[compiled.record.name, number] as const] : [],
      ),
    )
  }

  #compile(zone: string, model: ZoneModel): Kept | undefined {
    const steered = this.#steered(zone)
    const loaded = compileRecords({
      origin: parseName(zone)!,
      records: model,
      label: `zone ${zone}`,
      steered,
      lenient: true,
    })
    if (loaded.image === undefined) {
      const why = loaded.issues.filter(({ severity }) => severity === 'error').map(printIssue)
      this.#log.error({ zone, why }, `zone ${zone} cannot be served in its new version; the old one stays`)
      return undefined
    }
    return { model, image: loaded.image, expired: false, steeredKey: keyOf(steered) }
  }

  #renew(): void {
    this.#makeList()
    this.#changed()
  }

  #makeList(): void {
    this.#list = [...this.#zones].map(([name, { image, expired }]) => ({ name, image, expired }))
  }
}

function keyOf(steered: ReadonlyMap<string, number>): string {
  return [...steered].map(([name, number]) => `${name}=${number}`).join(' ')
}
