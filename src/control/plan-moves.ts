/**
 * Which clients would be sent to another pool: the rules of both sides are cut into the smallest classes that either tells
 * apart (a country, a network, a country and an asn ...), and each class is asked for its pool before and after.
 */
import { type Network, networkContains, printNetwork } from '../base/index.ts'
import { continentOf } from '../geo/index.ts'
import type { Match, SteeredRecord, Steering } from '../steer/index.ts'

/** Clients that would be sent to another pool. */
export interface Move {
  readonly record: string
  /** "country MD", "net 192.0.2.0/24"; "everyone else" for who is in no class of its own */
  readonly clients: string
  /** '' where the record is new, or gone */
  readonly from: string
  readonly to: string
}

/** A client as far as a rule can tell. */
interface Sample {
  readonly country?: string
  readonly continent?: string
  readonly subdivision?: string
  readonly asn?: number
  readonly net?: Network
}

// A rule with long lists under several keys is the product of them; a plan is read by people.
const MOST_SAMPLES = 2000

export function movesOf(now: Steering, next: Steering): Move[] {
  const moves: Move[] = []
  for (const name of new Set([...now.records.keys(), ...next.records.keys()])) {
    const before = now.records.get(name)
    const after = next.records.get(name)
    if (before === after) continue
    const told = new Map<string, { readonly from: string; readonly to: string; readonly clients: string[] }>()
    for (const [clients, sample] of samplesOf(before, after)) {
      const from = poolFor(before, sample)
      const to = poolFor(after, sample)
      if (from === to) continue
      const group = told.get(`${from}>${to}`) ?? { from, to, clients: [] }
      group.clients.push(clients)
      told.set(`${from}>${to}`, group)
    }
    for (const { from, to, clients } of told.values())
      moves.push({ record: name, clients: printClients(clients), from, to })
  }
  return moves
}

function printClients(clients: readonly string[]): string {
  const shown = clients.slice(0, 20).join(', ')
  return clients.length > 20 ? `${shown} and ${clients.length - 20} more` : shown
}

function samplesOf(...records: readonly (SteeredRecord | undefined)[]): Map<string, Sample> {
  const samples = new Map<string, Sample>()
  for (const record of records)
    for (const rule of record?.rules ?? [])
      for (const sample of samplesOfRule(rule.match)) {
        if (samples.size >= MOST_SAMPLES) return samples
        samples.set(printSample(sample), sample)
      }
  return samples
}

function* samplesOfRule(match: Match): Generator<Sample> {
  const or = <T>(values: readonly T[]): readonly (T | undefined)[] => (values.length === 0 ? [undefined] : values)
  for (const country of or(match.country))
    for (const continent of or(match.continent))
      for (const subdivision of or(match.subdivision))
        for (const asn of or(match.asn))
          for (const net of or(match.net)) {
            const inCountry = country ?? subdivision?.slice(0, 2)
            const inContinent = continent ?? (inCountry === undefined ? undefined : continentOf(inCountry))
            yield {
              ...(inCountry === undefined ? {} : { country: inCountry }),
              ...(inContinent === undefined ? {} : { continent: inContinent }),
              ...(subdivision === undefined ? {} : { subdivision }),
              ...(asn === undefined ? {} : { asn }),
              ...(net === undefined ? {} : { net }),
            }
          }
}

function printSample(sample: Sample): string {
  const parts: string[] = []
  if (sample.subdivision !== undefined) parts.push(sample.subdivision)
  else if (sample.country !== undefined) parts.push(`country ${sample.country}`)
  else if (sample.continent !== undefined) parts.push(`continent ${sample.continent}`)
  if (sample.asn !== undefined) parts.push(`asn ${sample.asn}`)
  if (sample.net !== undefined) parts.push(`net ${printNetwork(sample.net)}`)
  return parts.length === 0 ? 'everyone else' : parts.join(' and ')
}

/** The first rule that matches, as for a real client. */
function poolFor(record: SteeredRecord | undefined, sample: Sample): string {
  return record?.rules.find((rule) => matches(rule.match, sample))?.pool ?? ''
}

function matches(match: Match, sample: Sample): boolean {
  const any = <T>(values: readonly T[], value: T | undefined): boolean =>
    values.length === 0 || (value !== undefined && values.includes(value))
  return (
    any(match.country, sample.country) &&
    any<string>(match.continent, sample.continent) &&
    any(match.subdivision, sample.subdivision) &&
    any(match.asn, sample.asn) &&
    (match.net.length === 0 ||
      (sample.net !== undefined &&
        match.net.some(
          (net) => net.prefixLength <= sample.net!.prefixLength && networkContains(net, sample.net!.address),
        )))
  )
}
