/**
 * Who is whom: matchers over places, and the classes of clients that they make of them.
 *
 * A rule set mentions few countries, continents, AS numbers ...; what it does not mention cannot matter. So places are first
 * reduced to what is mentioned. A database of half a million places becomes a few dozen, and those are matched.
 */
import type { Network } from '../base/index.ts'
import { COUNTRIES, type Coordinates } from './countries.ts'
import { nearestOrder, type Site } from './distance.ts'
import type { Place } from './place.ts'

/** Across the keys all must hold, within a key any; an empty key holds for everyone. A steering rule's match is one. */
export interface Matcher {
  readonly country: readonly string[]
  readonly continent: readonly string[]
  readonly subdivision: readonly string[]
  readonly asn: readonly number[]
  readonly net: readonly Network[]
}

/** What one database says of a place, reduced to what the matchers mention. */
export interface Facts {
  /** undefined: unknown; OTHER: known, but not mentioned */
  readonly country: string | undefined
  readonly continent: string | undefined
  readonly subdivisions: readonly string[] | undefined
  readonly asn: number | undefined
  /** the order of each list of sites, as text; undefined: no coordinates */
  readonly orders: readonly string[] | undefined
}

const OTHER = '-'
const OTHER_ASN = -1

/** Reduces places for one list of matchers. */
export class Reducer {
  readonly #countries: ReadonlySet<string>
  readonly #continents: ReadonlySet<string>
  readonly #subdivisions: ReadonlySet<string>
  readonly #asns: ReadonlySet<number>
  readonly #siteLists: readonly (readonly Site[])[]
  readonly #orders = new Map<string, readonly string[]>()

  constructor(matchers: readonly Matcher[], siteLists: readonly (readonly Site[])[]) {
    this.#countries = new Set(matchers.flatMap(({ country }) => country))
    this.#continents = new Set(matchers.flatMap(({ continent }) => continent))
    this.#subdivisions = new Set(matchers.flatMap(({ subdivision }) => subdivision))
    this.#asns = new Set(matchers.flatMap(({ asn }) => asn))
    this.#siteLists = siteLists
  }

  facts(place: Place): Facts {
    const { country, continent, asn } = place
    const mentioned = place.subdivisions.filter((code) => this.#subdivisions.has(code))
    const at = place.at ?? (country === undefined ? undefined : COUNTRIES.get(country)?.middle)
    return {
      country: country === undefined || this.#countries.has(country) ? country : OTHER,
      continent: continent === undefined || this.#continents.has(continent) ? continent : OTHER,
      subdivisions: place.subdivisions.length === 0 ? undefined : mentioned,
      asn: asn === undefined || this.#asns.has(asn) ? asn : OTHER_ASN,
      orders: this.#siteLists.length === 0 || at === undefined ? undefined : this.#ordersAt(at),
    }
  }

  #ordersAt(at: Coordinates): readonly string[] {
    // A tenth of a degree is 11 km: nearer than that no site is nearer.
    const rounded = { latitude: Math.round(at.latitude * 10) / 10, longitude: Math.round(at.longitude * 10) / 10 }
    const key = `${rounded.latitude},${rounded.longitude}`
    let orders = this.#orders.get(key)
    if (orders === undefined) {
      orders = this.#siteLists.map((sites) => nearestOrder(sites, rounded).join(' '))
      this.#orders.set(key, orders)
    }
    return orders
  }
}

/** Joins what several databases say: the first that says anything of a matter is believed; country and continent are one matter. */
export function joinFacts(all: readonly Facts[]): Facts {
  const land = all.find(({ country }) => country !== undefined) ?? all.find(({ continent }) => continent !== undefined)
  return {
    country: land?.country,
    continent: land?.continent,
    subdivisions: all.find(({ subdivisions }) => subdivisions !== undefined)?.subdivisions,
    asn: all.find(({ asn }) => asn !== undefined)?.asn,
    orders: all.find(({ orders }) => orders !== undefined)?.orders,
  }
}

/** @param inNets whether one of the matcher's own networks holds the address */
export function matches(matcher: Matcher, facts: Facts, inNets: boolean): boolean {
  const any = <T>(wanted: readonly T[], given: T | undefined): boolean =>
    wanted.length === 0 || (given !== undefined && wanted.includes(given))
  return (
    any(matcher.country, facts.country) &&
    any(matcher.continent, facts.continent) &&
    any(matcher.asn, facts.asn) &&
    (matcher.subdivision.length === 0 ||
      (facts.subdivisions ?? []).some((code) => matcher.subdivision.includes(code))) &&
    (matcher.net.length === 0 || inNets)
  )
}
