/**
 * Every step from a question to its answer, told in values and in sentences: the same look-up, the same map, the same `choose`
 * that the variants were compiled from, and the very responder for what goes over the wire. Nothing here counts as an answer given.
 */
import { maskAddress, parseAddress, printAddress, printNetwork } from '../base/index.ts'
import { GeoMap } from '../geo/index.ts'
import { type Choice, type SteeredRecord, tell, tellMatch } from '../policy/index.ts'
import { mnemonic, parseName, printName, rcodeName, TYPE, typeOf } from '../wire/index.ts'
import { Lookup, NameWalk, OUTCOME, ZoneDirectory, ZoneImage } from '../zone/index.ts'
import type { CheckFacts, ExplainedNode, ExplainPorts, Explanation, PlaceFacts, Question } from './explanation.ts'
import { type Asker, rehearse } from './rehearse.ts'
import { STICKY_IPV4_BITS, STICKY_IPV6_BITS } from './steered-picker.ts'
import type { CompiledRecord, Structure } from './structure.ts'

/** RFC 1034 3.6.2; the responder's own bound is the same. */
const MOST_ALIASES = 16
const OUTCOME_WORDS = ['answer', 'steered', 'cname', 'dname', 'delegation', 'nodata', 'nxdomain'] as const
const NOBODY: Asker = { address: Uint8Array.of(0, 0, 0, 0), prefixLength: 0, text: '' }

export class Explainer {
  readonly #ports: ExplainPorts
  #structure: Structure | undefined
  #directory = new ZoneDirectory([])
  #images: readonly ZoneImage[] = []
  #maps: readonly GeoMap[] = []
  readonly #walk = new NameWalk()
  readonly #found = new Lookup()

  constructor(ports: ExplainPorts) {
    this.#ports = ports
  }

  /** @returns the explanation, or why the question makes no sense */
  explain(question: Question): Explanation | { readonly problem: string } {
    const name = parseName(question.name)
    if (name === undefined) return { problem: `"${question.name}" is no domain name.` }
    const type = typeOf(question.type)
    if (type === undefined) return { problem: `"${question.type}" is no record type; A, AAAA, MX, TXT and so on are.` }
    const client = question.client === undefined ? NOBODY : readClient(question.client)
    if (client === undefined)
      return { problem: `"${question.client}" is neither an address nor a network such as 192.0.2.0/24.` }
    this.#attach()
    return this.#follow(name, type, client)
  }

  #attach(): void {
    const { structure } = this.#ports.publisher
    if (structure === this.#structure) return
    this.#structure = structure
    this.#images = structure.zones.map(({ image }) => new ZoneImage(image))
    this.#directory = new ZoneDirectory(this.#images)
    this.#maps = structure.maps.map((map) => new GeoMap(map))
  }

  #follow(qname: Uint8Array, type: number, client: Asker): Explanation {
    const { publisher } = this.#ports
    const steps: string[] = []
    let name = qname
    let outcome = 'refused'
    let zone: string | null = null
    let steered: Steered | undefined
    for (let aliases = 0; aliases < MOST_ALIASES; aliases++) {
      this.#walk.take(name, 0)
      const index = this.#directory.find(this.#walk)
      if (index < 0) {
        steps.push(
          aliases === 0
            ? `no zone served here holds ${printName(name)}: REFUSED`
            : `${printName(name)} is in no zone served here: the asker follows it elsewhere`,
        )
        break
      }
      const loaded = this.#structure!.zones[index]!
      zone ??= loaded.name
      if (loaded.expired) {
        outcome = 'expired'
        steps.push(`zone ${loaded.name} is a secondary whose primary was silent for too long: SERVFAIL`)
        break
      }
      const image = this.#images[index]!
      const found = this.#found
      const word = image.lookup(this.#walk, type, found)
      outcome = OUTCOME_WORDS[word]!
      const text = printName(name)
      if (word === OUTCOME.cname) {
        const from = image.rrAt(found.rrset) + 12
        const length = (image.octets[from - 2]! << 8) | image.octets[from - 1]!
        name = image.octets.slice(from, from + length)
        steps.push(`${text} is an alias of ${printName(name)}`)
        if (type === TYPE.CNAME) break
        continue
      }
      steps.push(sentenceOf(word, text, type, loaded.name, found.wildcard))
      if (word === OUTCOME.steered) steered = this.#steer(found.record, client, steps)
      break
    }
    const sent = rehearse(publisher, this.#ports.nowMs, qname, type, client)
    if (steered === undefined && sent.answers.length > 0) steps.push(`answer: ${sent.answers.join(', ')}`)
    return {
      name: printName(qname),
      type: mnemonic(type),
      client: client === NOBODY ? null : client.text,
      generation: publisher.generation,
      zone,
      outcome,
      rcode: rcodeName(sent.rcode),
      record: steered?.record ?? null,
      place: steered?.place ?? null,
      rules: steered?.rules ?? [],
      pool: steered?.choice.pool ?? null,
      nodes: steered?.nodes ?? [],
      answers: steered === undefined ? sent.answers : this.#addresses(steered, type),
      ttl: sent.ttl,
      ttlWhy: steered?.ttlWhy ?? (sent.ttl === null ? '' : 'as the master file says'),
      scope: client === NOBODY ? null : (steered?.scope ?? 0),
      steps,
    }
  }

  #steer(number: number, client: Asker, steps: string[]): Steered {
    const compiled = this.#structure!.records[number]!
    const { record } = compiled
    const place = client === NOBODY ? undefined : this.#ports.place(client.address)
    if (place !== undefined) steps.push(sentenceOfPlace(place))
    const { row, scope } = this.#locate(compiled, client)
    const { rule } = compiled.classes[row]!
    const choice = this.#ports.publisher.choices(compiled)[row]!
    const rules = record.rules.map((one, i) => ({
      clients: tellMatch(one.match),
      pool: one.pool,
      matched: i === rule,
      why:
        i < rule
          ? 'this client is not among them'
          : i === rule
            ? 'the first rule that takes this client'
            : 'a rule before it took this client',
    }))
    for (let i = 0; i < rule; i++) steps.push(`rule ${i + 1} is for ${rules[i]!.clients}: not for this client`)
    for (const step of choice.steps) steps.push(tell(step))
    this.#tellHealth(choice.pool, steps)
    const answered = new Set(choice.nodes.map(({ node }) => node))
    const nodes: ExplainedNode[] = []
    for (const pool of new Set([record.rules[rule]!.pool, choice.pool])) {
      for (const member of this.#ports.standing(pool)?.members ?? []) {
        nodes.push({
          node: member.node,
          pool,
          answered: pool === choice.pool && answered.has(member.node),
          intent: member.intent,
          health: member.health,
          badSeconds: member.badMs / 1000,
          ...this.#healthOf(pool, member.node),
          share: member.share,
          weight: member.weight,
          why: member.why,
        })
      }
    }
    if (client !== NOBODY)
      steps.push(
        scope === 0
          ? 'scope /0: the answer is the same for every client'
          : `scope /${scope}: resolvers may keep this answer for ${printNetwork({ address: maskAddress(client.address, scope), prefixLength: scope })}`,
      )
    const settled = choice.steps.find((step) => step.kind === 'ttl')
    return {
      record: { name: record.name, pick: record.pick, strict: record.strict },
      place: place ?? null,
      rules,
      choice,
      nodes,
      scope,
      ttlWhy:
        settled?.kind === 'ttl' && settled.settled
          ? 'calm: ttl.max'
          : 'a member of the pool is not settled: ttl.min, so that resolvers come back early',
      steered: record,
    }
  }

  /** By the check of the pool that the node is asked about. */
  #healthOf(pool: string, node: string): Pick<ExplainedNode, 'flaps' | 'nextChange' | 'contract'> {
    const facts = this.#factsOf(pool, node)
    return {
      flaps: Number((facts?.flaps ?? 0).toFixed(2)),
      nextChange:
        facts?.nextChangeMs === undefined || !Number.isFinite(facts.nextChangeMs)
          ? null
          : new Date(facts.nextChangeMs).toISOString(),
      contract: facts?.contract ?? null,
    }
  }

  #factsOf(pool: string, node: string): CheckFacts | undefined {
    const check = this.#ports.steering().pools.get(pool)?.check
    return check === undefined ? undefined : this.#ports.health(node).find((one) => one.check === check)
  }

  /** What the check of a pool promises, and how far each node that is not calm is from a change. */
  #tellHealth(pool: string, steps: string[]): void {
    let contract: string | undefined
    for (const { node } of this.#ports.standing(pool)?.members ?? []) {
      const facts = this.#factsOf(pool, node)
      if (facts === undefined) continue
      contract ??= `check ${facts.check}: ${facts.contract}`
      if (facts.badMs === 0 && facts.flaps < 0.01) continue
      const next = this.#healthOf(pool, node).nextChange
      steps.push(
        `${node}: ${(facts.badMs / 1000).toFixed(1)} s bad of ${facts.removeAfterMs / 1000} s, ${facts.flaps.toFixed(1)} flaps` +
          (next === null ? '' : `; may change at ${next} at the earliest`),
      )
    }
    if (contract !== undefined) steps.push(contract)
  }

  /** The client's class and the scope, as the query path finds them. */
  #locate({ map, record }: CompiledRecord, client: Asker): { row: number; scope: number } {
    const octets = client.address.length as 4 | 16
    const sticky = record.pick === 'sticky' ? (octets === 4 ? STICKY_IPV4_BITS : STICKY_IPV6_BITS) : 0
    if (map < 0) return { row: 0, scope: sticky }
    const located = this.#maps[map]!.locate(client.address, 0, octets)
    return { row: located >>> 8, scope: Math.max(located & 255, sticky) }
  }

  /** Every address that the record's draws can bring out for this client. */
  #addresses({ choice, steered }: Steered, type: number): string[] {
    if (type !== TYPE.A && type !== TYPE.AAAA) return []
    const { nodes } = this.#ports.steering()
    const eligible = this.#ports.publisher.answerOf(steered, choice)
    const items = type === TYPE.A ? eligible.a : eligible.aaaa
    return items.filter(({ node }) => nodes.has(node)).map(({ address }) => printAddress(address))
  }
}

interface Steered {
  readonly record: { readonly name: string; readonly pick: string; readonly strict: boolean }
  readonly place: PlaceFacts | null
  readonly rules: Explanation['rules']
  readonly choice: Choice
  readonly nodes: readonly ExplainedNode[]
  readonly scope: number
  readonly ttlWhy: string
  readonly steered: SteeredRecord
}

/** Reads an address, or a network; bits past its prefix are forgiven, as dig forgives them. */
function readClient(text: string): Asker | undefined {
  const [host, bits, ...more] = text.split('/')
  const address = parseAddress(host!)
  if (address === undefined || more.length > 0) return undefined
  const prefixLength = bits === undefined ? address.length * 8 : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (prefixLength < 0 || prefixLength > address.length * 8) return undefined
  return { address: maskAddress(address, prefixLength), prefixLength, text }
}

function sentenceOf(outcome: number, name: string, type: number, zone: string, wildcard: boolean): string {
  const by = wildcard ? ' (by a wildcard)' : ''
  switch (outcome) {
    case OUTCOME.answer:
      return `${name} has ${mnemonic(type)} records in the master file of ${zone}${by}`
    case OUTCOME.steered:
      return `${name} is a steered record of ${zone}${by}`
    case OUTCOME.dname:
      return `${name} is below a DNAME in ${zone}`
    case OUTCOME.delegation:
      return `${name} is delegated to other name servers by ${zone}`
    case OUTCOME.nodata:
      return `${name} exists in ${zone}, but has no ${mnemonic(type)} records${by}`
    default:
      return `${name} does not exist in ${zone}`
  }
}

function sentenceOfPlace(place: PlaceFacts): string {
  const where = [place.country, place.subdivision, place.continent === null ? null : `continent ${place.continent}`]
    .filter((word) => word !== null)
    .join(', ')
  const asn = place.asn === null ? '' : `, AS ${place.asn}`
  if (where === '') return `no database knows the place of ${place.address}${asn}`
  const source = place.database === null ? '' : ` (${place.database} says so of ${place.network ?? 'it'})`
  return `${place.address} is in ${where}${asn}${source}`
}
