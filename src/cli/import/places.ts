/**
 * Places as other name servers write them, as rules' matches.
 */
import { CONTINENTS, COUNTRIES } from '../../geo/index.ts'
import type { DraftRule } from './draft.ts'

type Place = Omit<DraftRule, 'pool'>

const CONTINENT_NAMES: Readonly<Record<string, string>> = {
  africa: 'AF',
  antarctica: 'AN',
  asia: 'AS',
  europe: 'EU',
  'north-america': 'NA',
  oceania: 'OC',
  'south-america': 'SA',
}

export function continentNamed(text: string): string | undefined {
  const upper = text.toUpperCase()
  return CONTINENTS.find((code) => code === upper) ?? CONTINENT_NAMES[text.toLowerCase()]
}

export function countryNamed(text: string): string | undefined {
  const upper = text.toUpperCase()
  return /^[A-Z]{2}$/.test(upper) && COUNTRIES.has(upper) ? upper : undefined
}

/** Reads EU, NA-US, NA-US-CA (octoDNS). @returns undefined: no such place */
export function placeNamed(text: string): Place | undefined {
  const [continent = '', country, subdivision, ...rest] = text.split('-')
  if (rest.length > 0 || continentNamed(continent) === undefined) return undefined
  if (country === undefined) return { continent: [continentNamed(continent)!] }
  const code = countryNamed(country)
  if (code === undefined) return undefined
  return subdivision === undefined ? { country: [code] } : { subdivision: [`${code}-${subdivision.toUpperCase()}`] }
}

/** How narrow a match is: the narrowest is asked first, as servers with targets do. */
export function narrowness(place: Place): number {
  if (place.net !== undefined) return 5
  if (place.asn !== undefined) return 4
  if (place.subdivision !== undefined) return 3
  if (place.country !== undefined) return 2
  return place.continent === undefined ? 0 : 1
}
