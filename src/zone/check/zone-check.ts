/**
 * What every check of a zone works on: the records as read and grouped, what they are marked as, and where to complain.
 */
import type { Severity } from '../../base/index.ts'
import { printName, TYPE } from '../../wire/index.ts'
import type { ZoneBuilder } from '../builder.ts'
import type { Grouping } from '../grouping.ts'
import { NODE } from '../image-layout.ts'
import type { IssueLog } from '../issue-log.ts'

/** What the zone knows about a name that some record points to. */
export type Target =
  | 'outside'
  | 'delegated'
  /** below a DNAME: no such name, whatever stands there */
  | 'redirected'
  /** at or below a cut, with an address: glue */
  | 'glue'
  | 'cname'
  | 'addresses'
  | 'no-address'
  | 'missing'

export class ZoneCheck {
  readonly builder: ZoneBuilder
  /** NODE flags by node */
  readonly flags: Uint8Array
  readonly grouping: Grouping
  readonly #log: IssueLog
  readonly #fileOf: (record: number) => number

  constructor(
    builder: ZoneBuilder,
    flags: Uint8Array,
    grouping: Grouping,
    log: IssueLog,
    fileOf: (record: number) => number,
  ) {
    this.builder = builder
    this.flags = flags
    this.grouping = grouping
    this.#log = log
    this.#fileOf = fileOf
  }

  /** Complains about a record where it stands. */
  about(record: number, severity: Severity, code: string, message: string, advice?: string): void {
    this.#log.add(severity, code, this.#fileOf(record), this.builder.recordMark[record]!, message, advice)
  }

  /** Complains about the zone as a whole. */
  aboutZone(severity: Severity, code: string, message: string, advice?: string): void {
    this.#log.add(severity, code, 0, -1, message, advice)
  }

  owner(node: number): string {
    return printName(this.builder.nameOf(node))
  }

  has(node: number, flag: number): boolean {
    return (this.flags[node]! & flag) !== 0
  }

  /** @returns the node's records of that type */
  records(node: number, type: number): number[] {
    const found: number[] = []
    const { builder } = this
    for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!)
      if (builder.typeOf(record) === type) found.push(record)
    return found
  }

  hasAddress(node: number): boolean {
    const { builder } = this
    if (this.has(node, NODE.steered)) return true
    for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!) {
      const type = builder.typeOf(record)
      if (type === TYPE.A || type === TYPE.AAAA) return true
    }
    return false
  }

  /** @returns the node that answers for the name: its own, or the wildcard that covers it; -1: none in this zone */
  nodeFor(name: Uint8Array): number {
    const { builder } = this
    const own = builder.existing(name, 0)
    if (own >= 0) return own
    const encloser = this.#encloser(name)
    return encloser >= 0 && this.has(encloser, NODE.wildcard) ? builder.wildcardOf(encloser) : -1
  }

  /** What a record's target is in this zone. */
  target(name: Uint8Array): Target {
    const { builder } = this
    const own = builder.existing(name, 0)
    if (own >= 0 && this.has(own, NODE.cut | NODE.below)) {
      if (this.#isRedirected(own)) return 'redirected'
      return this.hasAddress(own) ? 'glue' : 'delegated'
    }
    if (own < 0) {
      const encloser = this.#encloser(name)
      if (encloser < 0) return 'outside'
      if (this.has(encloser, NODE.dname) && !this.has(encloser, NODE.cut)) return 'redirected'
      if (this.has(encloser, NODE.cut | NODE.below)) return this.#isRedirected(encloser) ? 'redirected' : 'delegated'
    }
    const node = this.nodeFor(name)
    if (node < 0) return 'missing'
    if (this.has(node, NODE.cname)) return 'cname'
    return this.hasAddress(node) ? 'addresses' : 'no-address'
  }

  /** RFC 6672 2.4. @returns true for a node below a DNAME that no cut comes before */
  #isRedirected(node: number): boolean {
    let above = node
    while (this.has(above, NODE.below)) above = this.builder.nodeParent[above]!
    return above !== node && !this.has(above, NODE.cut)
  }

  /** @returns the node of the longest proper suffix in the zone, -1: the name is not in the zone */
  #encloser(name: Uint8Array): number {
    const { builder } = this
    for (let at = name[0]! + 1; at < name.length; at += name[at]! + 1) {
      const node = builder.existing(name, at)
      if (node >= 0) return node
    }
    return -1
  }
}
