/**
 * Joins the answering side to the rest: control's Publisher port, the API's Answers port, and what each serving thread is
 * started with.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Explainer, type PlaceFacts, Publisher, type Structure, type StructureMessage } from '../answer/index.ts'
import type { Answers, Counters } from '../api/index.ts'
import { parseAddress } from '../base/index.ts'
import type { Fleet, LoadedFiles, Publisher as PublisherPort } from '../control/index.ts'
import type { Settings } from '../loader/index.ts'
import type { Serving } from '../serve/index.ts'
import type { Steering } from '../steer/index.ts'
import { rcodeName } from '../wire/index.ts'
import { cookieSecretFile } from './places.ts'

const UDP_LIMIT = 1232
const COOKIE_SECRET_OCTETS = 16

export interface AnsweringPorts {
  fleet: Fleet
  nowMs(): number
  place(address: Uint8Array): PlaceFacts | undefined
  /** zones that do not come from files: the same array as long as nothing changed */
  otherZones(structure: Structure): Structure['zones']
  /** a structure is in force */
  declared(structure: Structure): void
  /** the standing of pools changed */
  published(): void
}

export class Answering {
  readonly publisher: Publisher
  readonly #ports: AnsweringPorts
  readonly #explainer: Explainer
  readonly #receivers: ((message: StructureMessage) => void)[] = []
  #files: LoadedFiles | undefined
  #steering: Steering | undefined
  #joined: { readonly of: Structure; readonly zones: Structure['zones']; readonly structure: Structure } | undefined

  constructor(settings: Settings, workers: number, ports: AnsweringPorts) {
    this.#ports = ports
    this.publisher = new Publisher(
      {
        // The UDP workers, the stream thread, and the main thread's own responder for the slow door.
        threads: workers + 2,
        settings: {
          nsid: settings.identity.nsid,
          version: settings.identity.version,
          udpLimit: UDP_LIMIT,
          keepalive: Math.floor(settings.limits.tcp.idleMs / 100),
          cookieSecrets: settings.cookieSecrets.length > 0 ? settings.cookieSecrets : [ownCookieSecret(settings)],
        },
        limits: settings.limits.rrl,
        seed: randomInt(2 ** 31),
      },
      {
        standing: (pool) => ports.fleet.standing(pool),
        post: (message) => {
          for (const receive of this.#receivers) receive(message)
        },
      },
    )
    this.#explainer = new Explainer({
      publisher: this.publisher,
      steering: () => this.#steering!,
      standing: (pool) => ports.fleet.standing(pool),
      health: (node) => ports.fleet.health(node),
      place: (address) => ports.place(address),
      nowMs: () => ports.nowMs(),
    })
  }

  /** Structure messages go there from now on. */
  addReceiver(receive: (message: StructureMessage) => void): void {
    this.#receivers.push(receive)
  }

  /** What control publishes through. */
  port(changed: () => void): PublisherPort {
    return {
      declare: (files, steering) => {
        this.#files = files
        this.#steering = steering
        this.#declare()
        changed()
      },
      publish: (pools) => {
        this.publisher.publish(pools)
        this.#ports.published()
        changed()
      },
      lastAnswered: (node) => this.publisher.lastAnsweredMs(node),
    }
  }

  /** Zones that do not come from files have changed. */
  zonesChanged(): void {
    if (this.#files !== undefined) this.#declare()
  }

  #declare(): void {
    const own = this.#files!.image as Structure
    const others = this.#ports.otherZones(own)
    const before = this.#joined
    if (before === undefined || before.of !== own || before.zones !== others) {
      // A file that claims a zone's name has it: what else has the name is not served beside it.
      const claimed = new Set(own.zones.map(({ name }) => name))
      const zones = [...own.zones, ...others.filter(({ name }) => !claimed.has(name))]
      const structure = zones.length === own.zones.length ? own : { ...own, zones }
      this.#joined = { of: own, zones: others, structure }
    }
    this.publisher.declare(this.#joined!.structure, this.#steering!)
    this.#ports.declared(this.#joined!.structure)
  }

  /** what came from files; undefined before the first load */
  get structure(): Structure | undefined {
    return this.#files?.image as Structure | undefined
  }

  /** @param zone lower case, absolute */
  serves(zone: string): boolean {
    return this.publisher.structure.zones.some(({ name }) => name === zone)
  }

  /** What the API shows of the answering side. */
  answers(serving: () => Serving | undefined): Answers {
    return {
      explain: (question) => this.#explainer.explain(question),
      place: (text) => {
        const address = parseAddress(text)
        return address === undefined ? undefined : this.#ports.place(address)
      },
      counters: () => this.#counters(serving()),
      generation: () => this.publisher.generation,
    }
  }

  #counters(serving: Serving | undefined): Counters {
    const report = this.publisher.counters()
    const { scalars } = report
    return {
      queries: [
        { transport: 'udp', count: scalars.udp },
        { transport: 'tcp', count: scalars.tcp },
        { transport: 'tls', count: scalars.tls },
      ],
      responses: [...report.rcodes].map(([code, count]) => ({ rcode: rcodeName(code), count })),
      answers: report.answers,
      nodes: [...report.nodes].map(([node, count]) => ({ node, count })),
      countries: [...report.countries].map(([country, count]) => ({
        country: country === '' ? 'unknown' : country,
        count,
      })),
      silent: [
        { why: 'malformed', count: scalars.dropped },
        { why: 'rate-limited', count: scalars.limited },
      ],
      workers: (serving?.describe().threads ?? []).map((thread) => ({
        worker: `${thread.kind}-${thread.index}`,
        queries: thread.counters.received,
        restarts: thread.restarts,
        generation: this.publisher.generationOf(thread.index),
      })),
    }
  }
}

/** The server's own cookie secret, kept over restarts so that clients keep their cookies. */
function ownCookieSecret(settings: Settings): Uint8Array {
  const file = cookieSecretFile(settings)
  try {
    const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    if (secret.length === COOKIE_SECRET_OCTETS) return new Uint8Array(secret)
  } catch {
    // The first start.
  }
  const secret = randomBytes(COOKIE_SECRET_OCTETS)
  writeFileSync(file, `${secret.toString('hex')}\n`, { mode: 0o600 })
  return new Uint8Array(secret)
}
