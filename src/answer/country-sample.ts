/**
 * Counts where steered queries come from. This look-up is for the counters alone, in a table larger than the caches, and cost as much
 * as the one that decides: of a large batch the first queries are counted, then one in 64 stands for 64.
 */
import type { AttachedWorld } from './attached-world.ts'

/** Queries of a batch that are counted each; a server that is not busy counts exactly. */
const LOCATED_IN_FULL = 2

export class CountrySample {
  /** steered queries of this batch so far */
  #located = 0
  #draw: number

  constructor(seed: number) {
    this.#draw = seed
  }

  /** A batch begins. */
  begin(): void {
    this.#located = 0
  }

  /** @returns how many queries the next one stands for; 0: it is not counted */
  weight(): number {
    if (this.#located++ < LOCATED_IN_FULL) return 1
    this.#draw = (Math.imul(this.#draw, 1664525) + 1013904223) | 0
    return this.#draw >>> 26 === 0 ? 64 : 0
  }

  count(world: AttachedWorld, address: Uint8Array, at: number, octets: 4 | 16, weight: number): void {
    const { countries } = world
    if (countries !== undefined) this.#add(world, countries.locate(address, at, octets), weight)
  }

  /** @param address 32 bits, the first octet uppermost */
  countIPv4(world: AttachedWorld, address: number, weight: number): void {
    const { countries } = world
    if (countries !== undefined) this.#add(world, countries.locateIPv4(address), weight)
  }

  #add({ row, layout, countryColumns }: AttachedWorld, located: number, weight: number): void {
    row[layout.countriesAt + countryColumns[located >>> 8]!]! += weight
  }
}
