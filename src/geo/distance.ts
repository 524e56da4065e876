/**
 * Distances on the Earth, and the order of sites by distance: what `pick: nearest` goes by.
 */
import type { Coordinates } from './countries.ts'

const EARTH_RADIUS_KM = 6371
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** The great-circle distance (haversine, sound for near and for antipodal points). @returns kilometres */
export function distanceKm(a: Coordinates, b: Coordinates): number {
  const north = Math.sin(radians(b.latitude - a.latitude) / 2)
  const east = Math.sin(radians(b.longitude - a.longitude) / 2)
  const h = north * north + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * east * east
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

export interface Site {
  readonly name: string
  /** undefined: nobody knows where; such a site comes last */
  readonly at: Coordinates | undefined
}

/**
 * How many of an order's first places are decided by the client's own distance. The rest follow by their distance from the
 * nearest site: with k sites there are then at most k(k-1)(k-2) orders however many places a city database knows, so
 * the classes of a map, and with them the variants of a record, stay few.
 */
const OWN_PLACES = 3

/** Orders sites nearest first; equal distances keep the given order. @returns indexes into `sites` */
export function nearestOrder(sites: readonly Site[], client: Coordinates): number[] {
  const all = sites.map((_, i) => i)
  const own = byDistance(all, sites, client)
  const head = own.slice(0, OWN_PLACES)
  const nearest = sites[own[0] ?? 0]?.at
  return nearest === undefined
    ? own
    : [
        ...head,
        ...byDistance(
          own.slice(OWN_PLACES).sort((a, b) => a - b),
          sites,
          nearest,
        ),
      ]
}

function byDistance(indexes: readonly number[], sites: readonly Site[], from: Coordinates): number[] {
  const distances = indexes.map((i) => {
    const at = sites[i]!.at
    return { i, km: at === undefined ? Number.POSITIVE_INFINITY : distanceKm(from, at) }
  })
  // Array sort is stable: ties and unknown sites stay in declared order.
  return distances.sort((a, b) => (a.km === b.km ? 0 : a.km - b.km)).map(({ i }) => i)
}
