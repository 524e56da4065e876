/**
 * Finds the place of one address in all databases, and says which database and which of its networks said so: for explain and
 * for `meridian geo ADDR`. Maps are compiled from the same databases in the same order, so both always agree.
 */
import type { Network } from '../base/index.ts'
import { COUNTRIES, type Coordinates } from './countries.ts'
import type { GeoDatabase, Located } from './database.ts'
import { NOWHERE, type Place } from './place.ts'

export interface PlaceSource {
  /** as the operator names it */
  readonly database: string
  readonly databaseType: string
  readonly builtAtMs: number
  /** the database's own network around the address */
  readonly network: Network
  readonly place: Place
}

export interface FoundPlace {
  /** what all databases say together */
  readonly place: Place
  /** where `pick: nearest` reckons from: the place's coordinates, else the middle of its country */
  readonly reckonedAt: Coordinates | undefined
  /** one for each database, in order of belief */
  readonly sources: readonly PlaceSource[]
}

export class PlaceFinder {
  readonly #databases: readonly GeoDatabase[]

  /** @param databases the first that knows a matter is believed */
  constructor(databases: readonly GeoDatabase[]) {
    this.#databases = databases
  }

  /**
   * Never throws: a file that was damaged after it was examined says nothing of the addresses it cannot read.
   * @param address 4 or 16 octets
   */
  find(address: Uint8Array): FoundPlace {
    const sources = this.#databases.map((database) => {
      const { place, network } = locate(database, address)
      const { databaseType, builtAtMs } = database.metadata
      return { database: database.name, databaseType, builtAtMs, network, place }
    })
    const place = joinPlaces(sources.map((source) => source.place))
    return { place, reckonedAt: place.at ?? middleOf(place.country), sources }
  }
}

function locate(database: GeoDatabase, address: Uint8Array): Located {
  try {
    return database.locate(address)
  } catch {
    return { place: NOWHERE, network: { address, prefixLength: address.length * 8 } }
  }
}

function joinPlaces(places: readonly Place[]): Place {
  const land =
    places.find(({ country }) => country !== undefined) ?? places.find(({ continent }) => continent !== undefined)
  return {
    country: land?.country,
    continent: land?.continent,
    subdivisions: places.find(({ subdivisions }) => subdivisions.length > 0)?.subdivisions ?? NOWHERE.subdivisions,
    at: places.find(({ at }) => at !== undefined)?.at,
    asn: places.find(({ asn }) => asn !== undefined)?.asn,
  }
}

function middleOf(country: string | undefined): Coordinates | undefined {
  return country === undefined ? undefined : COUNTRIES.get(country)?.middle
}
