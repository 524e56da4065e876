/**
 * What a node says of itself, in the vocabulary of HAProxy's agent check, so that existing agents and deploy scripts fit:
 *
 *     Meridian-Agent: drain                  up | ready | drain | maint | down | failed | stopped
 *     Meridian-Agent: ready 75% load=0.4     a share of the configured weight; a load, 0..1
 *     Meridian-Agent: stopped#disk full      everything after # is for people
 *
 * Words are separated by blanks, commas or semicolons; case does not matter; words that are not known (maxconn:30) say nothing.
 * `down`, `failed` and `stopped` are no intent but a failed check; `up` and `ready` take a former `drain` back.
 *
 * In a JSON body the same stands under the key "meridian", as a string or as { "state", "weight", "load" }: a key of our own,
 * because half of the world's health pages have a "status" that means something else.
 */
import type { NodeWord } from '../health/index.ts'
import { clause } from './outcome.ts'

export interface Told {
  readonly word: NodeWord | undefined
  /** the node says that it does not work: "stopped: disk full" */
  readonly down: string | undefined
  /** how many words were understood, and how many were not */
  readonly known: number
  readonly unknown: number
}

export const AGENT_HEADER = 'meridian-agent'

/** What is read of it: an agent has little to say. */
const AGENT_OCTETS = 256
const NOTHING: Told = { word: undefined, down: undefined, known: 0, unknown: 0 }

/** Reads the agent vocabulary. Never fails: what is not understood is not said. */
export function parseAgentWords(text: string): Told {
  const bounded = text.slice(0, AGENT_OCTETS)
  const hash = bounded.indexOf('#')
  const comment = hash < 0 ? '' : clause(bounded.slice(hash + 1))
  const word: { state?: 'ready' | 'drain' | 'maint'; weightPercent?: number; load?: number } = {}
  let down: string | undefined
  let known = 0
  let unknown = 0
  for (const said of (hash < 0 ? bounded : bounded.slice(0, hash)).toLowerCase().split(/[\s,;]+/)) {
    if (said === '') continue
    known++
    if (said === 'up' || said === 'ready') word.state = 'ready'
    else if (said === 'drain' || said === 'maint') word.state = said
    else if (said === 'down' || said === 'failed' || said === 'stopped') down = said
    else if (/^\d{1,5}(\.\d+)?%$/.test(said)) word.weightPercent = Number.parseFloat(said)
    else if (said.startsWith('load=')) {
      const load = parseLoad(said.slice(5))
      if (load !== undefined) word.load = load
    } else {
      known--
      unknown++
    }
  }
  if (down !== undefined && comment !== '') down = `${down}: ${comment}`
  return { word: hasWord(word) ? word : undefined, down, known, unknown }
}

/** Reads the "meridian" key of a JSON body. */
export function parseAgentJson(body: unknown): Told {
  if (!isObject(body)) return NOTHING
  const said = ownValue(body, 'meridian')
  if (typeof said === 'string') return parseAgentWords(said)
  if (!isObject(said)) return NOTHING
  const state = ownValue(said, 'state')
  const told = typeof state === 'string' ? parseAgentWords(state) : NOTHING
  const weight = ownValue(said, 'weight')
  const load = ownValue(said, 'load')
  const percent =
    typeof weight === 'number' && weight >= 0 && weight <= 65535
      ? weight
      : typeof weight === 'string'
        ? parseAgentWords(weight).word?.weightPercent
        : undefined
  const share = typeof load === 'number' || typeof load === 'string' ? parseLoad(String(load)) : undefined
  const word: NodeWord = {
    ...told.word,
    ...(percent === undefined ? {} : { weightPercent: percent }),
    ...(share === undefined ? {} : { load: share }),
  }
  return { ...told, word: hasWord(word) ? word : undefined, known: told.known + 1 }
}

/** Joins what a header and a body said; the header wins, word by word. */
export function joinTold(first: Told, second: Told): Told {
  const word = { ...second.word, ...first.word }
  return {
    word: hasWord(word) ? word : undefined,
    down: first.down ?? second.down,
    known: first.known + second.known,
    unknown: first.unknown + second.unknown,
  }
}

/** 0..1, or a percentage: load averages above 1 count as full. */
function parseLoad(text: string): number | undefined {
  if (!/^\d{1,6}(\.\d{1,20})?%?$/.test(text)) return undefined
  const load = text.endsWith('%') ? Number.parseFloat(text) / 100 : Number(text)
  return Math.min(1, load)
}

function hasWord(word: NodeWord): boolean {
  return word.state !== undefined || word.weightPercent !== undefined || word.load !== undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownValue(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
