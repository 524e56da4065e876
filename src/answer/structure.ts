/**
 * What a load brings to the answering side: zone images, the maps of the rule sets, and for each steered record its classes
 * of clients. Made off the main thread; plain values and shared buffers.
 */
import type { Node, SteeredRecord } from '../policy/index.ts'

/** A class of clients of one record: the rule that takes them. */
export interface RecordClass {
  readonly rule: number
  /** for `nearest`: the nodes' names, nearest first; a node that joined since has its place by its site */
  readonly order: ((nodes: ReadonlyMap<string, Node>) => readonly string[]) | undefined
}

export interface CompiledRecord {
  readonly record: SteeredRecord
  /** index into `maps`, or -1: one class for everyone */
  readonly map: number
  readonly classes: readonly RecordClass[]
}

export interface LoadedZone {
  /** lower case, absolute: `portal.example.` */
  readonly name: string
  readonly image: SharedArrayBuffer
  /** a secondary past its SOA's expire */
  readonly expired: boolean
}

export interface Structure {
  readonly zones: readonly LoadedZone[]
  readonly maps: readonly SharedArrayBuffer[]
  /** by number: the zone images carry the numbers of their steered names; holes are records that are gone */
  readonly records: readonly (CompiledRecord | undefined)[]
  readonly countries: { readonly map: SharedArrayBuffer; readonly names: readonly string[] } | undefined
}
