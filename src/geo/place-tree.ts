/**
 * A database's tree for one family, made ready for compiling maps again and again: dense numbers, aliases cut off, equal
 * neighbours joined, equal places one place.
 */
import type { GeoDatabase } from './database.ts'
import { NOWHERE, type Place } from './place.ts'

export interface PlaceTree {
  /** node -> its two values; a value >= 0 is a node, ~value a place */
  readonly children: Int32Array
  readonly root: number
}

/** The places of a database by number; number 0 is nowhere. */
export class PlaceNumbers {
  readonly places: Place[] = [NOWHERE]
  readonly #byText = new Map<string, number>([[JSON.stringify(NOWHERE), 0]])
  readonly #byValue = new Map<number, number>()

  /** @param value a leaf of the database's tree */
  of(database: GeoDatabase, value: number): number {
    if (value === database.metadata.nodeCount) return 0
    let number = this.#byValue.get(value)
    if (number === undefined) {
      const place = database.placeOf(value)
      const text = JSON.stringify(place)
      number = this.#byText.get(text)
      if (number === undefined) {
        number = this.places.length
        this.places.push(place)
        this.#byText.set(text, number)
      }
      this.#byValue.set(value, number)
    }
    return number
  }
}

export function plantTree(database: GeoDatabase, numbers: PlaceNumbers, inIpv6: boolean): PlaceTree {
  const { nodeCount } = database.metadata
  let children = new Int32Array(4096)
  let count = 0
  const plant = (value: number): number => {
    if (value >= nodeCount) return ~numbers.of(database, value)
    const node = count++
    if (2 * count > children.length) {
      const larger = new Int32Array(2 * children.length)
      larger.set(children)
      children = larger
    }
    const left = plant(database.step(value, 0, inIpv6))
    const right = plant(database.step(value, 1, inIpv6))
    if (left < 0 && left === right) {
      // Both halves are one place, so no nodes were planted after this one: it can be taken back.
      count = node
      return left
    }
    children[2 * node] = left
    children[2 * node + 1] = right
    return node
  }
  const root = plant(inIpv6 ? database.ipv6Root : database.ipv4Root)
  return { children: children.slice(0, 2 * count), root }
}
