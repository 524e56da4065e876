/**
 * A place: where a client address is, as far as a database says. Records come in several layouts; this reads all of them.
 *
 *     nested (GeoLite2, GeoIP2, DB-IP)     { continent: { code }, country: { iso_code }, subdivisions: [{ iso_code }], location: { latitude, longitude } }
 *     flat (ip-location-db)                { country_code, latitude, longitude } · { autonomous_system_number }
 *     flat (IPinfo)                        { country: "DE", continent: "EU", asn: "AS3320" }
 */
import { CONTINENTS, type Coordinates, continentOf } from './countries.ts'

export interface Place {
  /** ISO 3166-1 alpha-2 */
  readonly country: string | undefined
  /** AF AN AS EU NA OC SA */
  readonly continent: string | undefined
  /** ISO 3166-2, the largest first: GB-ENG, GB-LND */
  readonly subdivisions: readonly string[]
  readonly at: Coordinates | undefined
  readonly asn: number | undefined
}

export const NOWHERE: Place = {
  country: undefined,
  continent: undefined,
  subdivisions: [],
  at: undefined,
  asn: undefined,
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a database record. What is not there, or not what it should be, is left out: a half-broken record still says half. */
export function readPlace(record: unknown): Place {
  const fields = mapping(record)
  const traits = mapping(fields.traits)
  const location = mapping(fields.location)
  const country =
    letters(mapping(fields.country).iso_code) ??
    letters(fields.country_code) ??
    letters(fields.country) ??
    // Where the network is nowhere in particular (satellites), the country it is registered in is the best that is known.
    letters(mapping(fields.registered_country).iso_code)
  const continent =
    letters(mapping(fields.continent).code) ?? letters(fields.continent_code) ?? letters(fields.continent)
  return {
    country,
    continent:
      CONTINENTS.find((known) => known === continent) ?? (country === undefined ? undefined : continentOf(country)),
    subdivisions: country === undefined ? NOWHERE.subdivisions : readSubdivisions(country, fields),
    at: readCoordinates(location) ?? readCoordinates(fields),
    asn: readAsn(fields.autonomous_system_number) ?? readAsn(traits.autonomous_system_number) ?? readAsn(fields.asn),
  }
}

function readSubdivisions(country: string, fields: Fields): readonly string[] {
  const list = Array.isArray(fields.subdivisions)
    ? fields.subdivisions.map((subdivision) => mapping(subdivision).iso_code)
    : [fields.region_code]
  const codes = list.filter((code): code is string => typeof code === 'string' && /^[A-Za-z0-9]{1,3}$/.test(code))
  return codes.length === 0 ? NOWHERE.subdivisions : codes.map((code) => `${country}-${code.toUpperCase()}`)
}

function readCoordinates({ latitude, longitude }: Fields): Coordinates | undefined {
  const [north, east] = [number(latitude), number(longitude)]
  if (north === undefined || east === undefined || Math.abs(north) > 90 || Math.abs(east) > 180) return undefined
  return { latitude: north, longitude: east }
}

function readAsn(value: unknown): number | undefined {
  const asn = number(typeof value === 'string' ? value.replace(/^AS/i, '') : value)
  return asn !== undefined && Number.isInteger(asn) && asn >= 0 && asn <= 0xffffffff ? asn : undefined
}

function mapping(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Numbers that flat databases write as text, too. */
function number(value: unknown): number | undefined {
  const read = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined
}

/** A two-letter code, upper case. */
function letters(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined
}
