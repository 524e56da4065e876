/**
 * The API over a bench of control, on a real socket; answers are made up, everything else is real.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Explanation } from '../../src/answer/index.ts'
import {
  type Answers,
  type Api,
  createApi,
  type Done,
  EVERYTHING,
  type Listening,
  makeToken,
  type ProblemBody,
} from '../../src/api/index.ts'
import { BY_ITSELF, type Role, type Scope } from '../../src/control/index.ts'
import { backupTo, createZoneArchive } from '../../src/store/index.ts'
import { createKeptZones } from '../../src/transfer/index.ts'
import { type Bench, bench } from '../control/bench-control.ts'

export interface ApiBench extends Bench {
  readonly api: Api
  readonly listening: Listening
  readonly folder: string
  readonly logged: string[]
  setReady(ready: boolean): void
  /** makes a token; @returns its text */
  token(name: string, role: Role, scope?: Partial<Scope>): string
  /** asks with the admin's token, or the one given; null: without */
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Told>
  close(): Promise<void>
}

export interface AskOptions {
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly json: any
  readonly problem: ProblemBody
}

const ANSWERS: Answers = {
  explain: (question) =>
    question.name.startsWith('..')
      ? { problem: `"${question.name}" is no name.` }
      : ({
          name: question.name,
          type: question.type,
          client: question.client ?? null,
          steps: ['told'],
        } as unknown as Explanation),
  place: (address) =>
    address === 'nowhere'
      ? undefined
      : {
          address,
          country: 'MD',
          subdivision: null,
          continent: 'EU',
          asn: null,
          latitude: null,
          longitude: null,
          database: 'test',
          network: null,
        },
  counters: () => ({
    queries: [{ transport: 'udp', count: 41 }],
    responses: [{ rcode: 'NOERROR', count: 40 }],
    answers: [{ record: 'www.portal.example.', pool: 'germany', count: 30 }],
    nodes: [{ node: 'de-1', count: 15 }],
    countries: [{ country: 'MD', count: 3 }],
    silent: [{ why: 'malformed', count: 1 }],
    workers: [{ worker: '0', queries: 41, restarts: 0, generation: 3 }],
  }),
  generation: () => 3,
}

export async function apiBench(
  options: { readonly openReads?: boolean; readonly listen?: string } = {},
): Promise<ApiBench> {
  const b = bench()
  const folder = mkdtempSync(join(tmpdir(), 'meridian-api-'))
  const logged: string[] = []
  const admin = makeToken({
    name: 'admin',
    role: 'admin',
    scope: EVERYTHING,
    createdBy: 'test',
    nowMs: b.nowMs(),
    expiresMs: undefined,
  })
  b.control.putToken(BY_ITSELF, admin.token)
  const state = { ready: true }
  const api = createApi({
    control: b.control,
    answers: ANSWERS,
    version: '0.0.0-test',
    openReads: options.openReads ?? false,
    now: () => b.nowMs(),
    notReady: () => (state.ready ? undefined : 'The zones are being loaded.'),
    facts: () => ({ databases: [] }),
    gauges: () => ({
      hooks: [{ name: 'https://hooks.example/', delivered: 3, failed: 0, passedOver: 0, behind: 1 }],
      databases: [{ name: 'country', builtMs: b.nowMs() - 86_400_000 }],
      secondaries: [{ zone: 'copy.example.', expiresAtMs: b.nowMs() + 3_600_000, failing: false }],
    }),
    backup: async (file): Promise<Done<{ file: string; octets: number }>> => {
      try {
        return { ok: true, value: await backupTo(b.db, file) }
      } catch (error) {
        return { ok: false, message: (error as Error).message }
      }
    },
    keptZones: createKeptZones({
      archive: createZoneArchive(b.db),
      nowMs: () => b.nowMs(),
      keys: () => new Set(['certbot.']),
      taken: (zone) => (zone === 'portal.example.' ? 'is read from zones/portal.example.zone' : undefined),
      steered: () => new Set(),
      changed: () => {},
      removed: () => {},
      journal: (entry, work) => b.control.writeBeside(entry, work),
      log: { info: () => {}, warn: () => {} },
    }),
    probeLog: () => ['{"t":1.5,"node":"de-1","ok":true,"class":"ok","ms":3}'],
    log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
  })
  const listening = await api.listen({ listen: (options.listen ?? '127.0.0.1:0').replace('FOLDER', folder) })
  return Object.assign(b, {
    api,
    listening,
    folder,
    logged,
    setReady(ready: boolean) {
      state.ready = ready
    },
    token(name: string, role: Role, scope: Partial<Scope> = {}) {
      const made = makeToken({
        name,
        role,
        scope: { ...EVERYTHING, ...scope },
        createdBy: 'test',
        nowMs: b.nowMs(),
        expiresMs: undefined,
      })
      b.control.putToken(BY_ITSELF, made.token)
      return made.text
    },
    async ask(method: string, path: string, body?: unknown, more: AskOptions = {}): Promise<Told> {
      const token = more.token === undefined ? admin.text : more.token
      const response = await fetch(`${listening.url}${path}`, {
        method,
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...more.headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        json = undefined
      }
      return { status: response.status, headers: response.headers, text, json, problem: json as ProblemBody }
    },
    async close() {
      api.close()
      await listening.close()
      b.db.close()
      if (existsSync(folder)) rmSync(folder, { recursive: true })
    },
  })
}
