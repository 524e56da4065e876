/**
 * Puts an AXFR or IXFR together from its messages (RFC 5936 2.2, RFC 1995 4). Pure: messages in, a verdict after each.
 *
 *            SOA(new)         another record, or SOA(new) again
 *     first ─────────▶ second ─────────────────────────────────▶ full ── SOA(new) ──▶ done
 *                        │ SOA(ours)           SOA             SOA(that one)
 *                        └───────────▶ removing ───▶ adding ───────────────────▶ removing ...
 *                                                     └── SOA(new), after the change that leads to it ──▶ done
 */
import {
  CLASS,
  isAtOrBelow,
  type Message,
  opcodeOf,
  printName,
  RCODE,
  type ResourceRecord,
  rcodeName,
  sameName,
  TYPE,
} from '../wire/index.ts'
import {
  serialNewer,
  soaFigures,
  type ZoneDiff,
  type ZoneModel,
  ZoneModelBuilder,
  type ZoneRecord,
} from '../zone/index.ts'

/** What a primary can make us hold: a model of this size takes 0.9 GB, and Node.js gives itself 2 GB on a small machine. */
export const MAX_TRANSFER_RECORDS = 1_000_000

export type Transferred =
  /** nothing newer there */
  | { readonly kind: 'current' }
  | { readonly kind: 'full'; readonly model: ZoneModel }
  | { readonly kind: 'incremental'; readonly diffs: readonly ZoneDiff[] }

type Mode = 'first' | 'second' | 'full' | 'removing' | 'adding' | 'done'

interface OpenDiff {
  readonly oldSoa: ZoneRecord
  newSoa: ZoneRecord | undefined
  readonly removed: ZoneRecord[]
  readonly added: ZoneRecord[]
}

/** A transfer that cannot be used; `rcode` where the primary refused it. */
export class TransferProblem extends Error {
  readonly rcode: number | undefined

  constructor(message: string, rcode?: number) {
    super(message)
    this.rcode = rcode === RCODE.NOERROR ? undefined : rcode
  }
}

export class TransferReader {
  private readonly zone: Uint8Array
  private readonly id: number
  /** our serial; undefined: this is an AXFR */
  private readonly ours: number | undefined
  private mode: Mode = 'first'
  private newest: ZoneRecord | undefined
  private current = false
  /** a whole zone grows here as it arrives: it is never held twice */
  private readonly builder: ZoneModelBuilder
  private readonly diffs: OpenDiff[] = []
  private seen = 0

  /** @param ours  the serial that an IXFR starts from; undefined: an AXFR */
  constructor(zone: Uint8Array, id: number, ours: number | undefined) {
    this.zone = zone
    this.builder = new ZoneModelBuilder(zone)
    this.id = id
    this.ours = ours
  }

  /** The serial of the primary, as soon as it is known. */
  get serial(): number | undefined {
    return this.newest && soaFigures(this.newest.rdata).serial
  }

  /**
   * Takes the next message.
   * @returns true: that was the last one
   * @throws TransferProblem: this is no transfer, or not of this zone
   */
  take(message: Message): boolean {
    if (message.id !== this.id || (message.flags & 0x8000) === 0 || opcodeOf(message.flags) !== 0)
      throw new TransferProblem('what came is not the answer to our request')
    const rcode = message.flags & 15
    if (rcode !== RCODE.NOERROR) throw new TransferProblem(`the primary answered ${rcodeName(rcode)}`, rcode)
    const [question] = message.questions
    if (question !== undefined && !sameName(question.name, this.zone))
      throw new TransferProblem('the answer is about another zone')
    if (message.answers.length === 0) throw new TransferProblem('a message came without records')
    for (const record of message.answers) this.record(record)
    return this.mode === 'done'
  }

  /** What was transferred; call it after the last message. */
  result(): Transferred {
    if (this.current) return { kind: 'current' }
    if (this.diffs.length === 0) return { kind: 'full', model: this.builder.build() }
    const diffs = this.diffs.map(({ oldSoa, newSoa, removed, added }) => ({
      fromSerial: soaFigures(oldSoa.rdata).serial,
      toSerial: soaFigures(newSoa!.rdata).serial,
      oldSoa,
      newSoa: newSoa!,
      removed,
      added,
    }))
    return { kind: 'incremental', diffs }
  }

  private record({ name, type, class: class_, ttl, rdata }: ResourceRecord): void {
    if (this.mode === 'done') throw new TransferProblem('records follow the end of the transfer')
    if (++this.seen > MAX_TRANSFER_RECORDS) throw new TransferProblem(`more than ${MAX_TRANSFER_RECORDS} records came`)
    if (class_ !== CLASS.IN) throw new TransferProblem('a record of another class came')
    // RFC 2181 8: a TTL with the highest bit set is zero.
    const record: ZoneRecord = { owner: name, type, ttl: ttl > 0x7fffffff ? 0 : ttl, rdata }
    if (type === TYPE.SOA) this.soa(record)
    else if (!isAtOrBelow(name, this.zone))
      return // never into the zone: another zone's data are not this primary's to give
    else this.other(record)
  }

  private other(record: ZoneRecord): void {
    if (this.mode === 'first') throw new TransferProblem('the transfer does not begin with an SOA')
    if (this.mode === 'second') this.startFull()
    if (this.mode === 'full') this.builder.add(record)
    else if (this.mode === 'removing') this.diffs.at(-1)!.removed.push(record)
    else this.diffs.at(-1)!.added.push(record)
  }

  private soa(record: ZoneRecord): void {
    if (!sameName(record.owner, this.zone)) throw new TransferProblem(`the SOA of ${printName(record.owner)} came`)
    const { serial } = soaFigures(record.rdata)
    switch (this.mode) {
      case 'first':
        this.newest = record
        this.mode = 'second'
        if (this.ours !== undefined && !serialNewer(serial, this.ours)) {
          this.current = true
          this.mode = 'done'
        }
        return
      case 'second':
        if (this.ours !== undefined && serial === this.ours) this.startDiff(record)
        else {
          this.startFull()
          this.endFull(serial)
        }
        return
      case 'full':
        this.endFull(serial)
        return
      case 'removing':
        this.diffs.at(-1)!.newSoa = record
        this.mode = 'adding'
        return
      case 'adding':
        this.endDiff(record, serial)
        return
      case 'done':
        return
    }
  }

  private startFull(): void {
    this.builder.add(this.newest!)
    this.mode = 'full'
  }

  private endFull(serial: number): void {
    if (serial !== this.serial) throw new TransferProblem('the SOA at the end is not the one at the beginning')
    this.mode = 'done'
  }

  private startDiff(oldSoa: ZoneRecord): void {
    this.diffs.push({ oldSoa, newSoa: undefined, removed: [], added: [] })
    this.mode = 'removing'
  }

  private endDiff(record: ZoneRecord, serial: number): void {
    const reached = soaFigures(this.diffs.at(-1)!.newSoa!.rdata).serial
    if (serial !== reached) throw new TransferProblem(`a change from ${serial} follows one to ${reached}`)
    if (serial === this.serial) this.mode = 'done'
    else this.startDiff(record)
  }
}
