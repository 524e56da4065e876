/**
 * What is remembered of reloads over a restart, and with what a start begins.
 *
 *     marks, in the transaction of the reload          states, on disk before it (control/ports.ts)
 *       in force: F2 ──────────────────────────────────▶ F2
 *       confirm: F1 again, at a time ──────────────────▶ F1
 *       rejected: F2, when nobody confirmed
 *
 * A start is a reload whose answer nobody reads: what would be held then is held now, and what was in force goes on.
 */
import { type Core, entryBy } from './core.ts'
import { joinDeclared } from './declared.ts'
import type { By } from './journal.ts'
import { type Plan, planOf } from './plan.ts'
import type { Change, KeptStates, LoadedFiles } from './ports.ts'

/** Fingerprints; an absent one: not so. */
export interface ReloadStory {
  readonly inForce?: string | undefined
  /** the reload in force goes back to this state at this time (epoch ms) */
  readonly confirm?: { readonly atMs: number; readonly previous: string } | undefined
  /** files that nobody confirmed: as long as they lie there, they are not taken up by themselves */
  readonly rejected?: string | undefined
}

const IN_FORCE = 'files:in-force'
const CONFIRM = 'files:confirm'
const REJECTED = 'files:rejected'

/** Writes the whole story: to be committed with what it tells of. */
export function storyChanges({ inForce, confirm, rejected }: ReloadStory): readonly Change[] {
  return [
    { kind: 'mark', key: IN_FORCE, value: inForce },
    { kind: 'mark', key: CONFIRM, value: confirm === undefined ? undefined : JSON.stringify(confirm) },
    { kind: 'mark', key: REJECTED, value: rejected },
  ]
}

export function readStory({ marks }: Pick<Core, 'marks'>): ReloadStory {
  const confirm = marks.get(CONFIRM)
  return {
    inForce: marks.get(IN_FORCE),
    confirm: confirm === undefined ? undefined : (JSON.parse(confirm) as NonNullable<ReloadStory['confirm']>),
    rejected: marks.get(REJECTED),
  }
}

export type Beginning =
  /** @property lost what was to be gone back to cannot be read any more */
  | { readonly kind: 'files'; readonly lost?: boolean }
  /** what ran last goes on, and still waits for its confirmation */
  | { readonly kind: 'waiting'; readonly inForce: LoadedFiles; readonly previous: LoadedFiles; readonly atMs: number }
  /** the time to confirm passed while nobody ran */
  | { readonly kind: 'goes-back'; readonly previous: LoadedFiles; readonly rejected: string }
  /** the files are still those that nobody confirmed */
  | { readonly kind: 'went-back'; readonly inForce: LoadedFiles }
  /** the files would take away too much of what ran last */
  | { readonly kind: 'held'; readonly inForce: LoadedFiles; readonly plan: Plan }

/** Decides with what a start begins; changes nothing. */
export function beginningOf(core: Core, states: KeptStates | undefined, files: LoadedFiles): Beginning {
  const { inForce, confirm, rejected } = readStory(core)
  if (states === undefined || inForce === undefined) return { kind: 'files' }
  if (confirm !== undefined) {
    const previous = states.recall(confirm.previous)
    if (previous === undefined) return { kind: 'files', lost: true }
    if (core.ports.now() >= confirm.atMs) return { kind: 'goes-back', previous, rejected: inForce }
    const last = states.recall(inForce)
    return last === undefined
      ? { kind: 'files', lost: true }
      : { kind: 'waiting', inForce: last, previous, atMs: confirm.atMs }
  }
  if (files.fingerprint === inForce) return { kind: 'files' }
  const last = states.recall(inForce)
  if (last === undefined) return { kind: 'files', lost: files.fingerprint === rejected }
  if (files.fingerprint === rejected) return { kind: 'went-back', inForce: last }
  const joined = (of: LoadedFiles) => joinDeclared(of.steering, core.added.values()).steering
  // Nobody has been probed yet: what counts is who is declared.
  const plan = planOf(last, joined(last), files, joined(files), () => undefined)
  return plan.harms.length > 0 ? { kind: 'held', inForce: last, plan } : { kind: 'files' }
}

/** Lays down what is in force for the next start, and removes what no start needs any more. */
export function layDown(core: Core, wanted: () => readonly string[]): void {
  const { states } = core.ports
  if (states === undefined || core.files === undefined) return
  states
    .keep(core.files)
    .then(() => states.retain(wanted))
    .catch((error: unknown) =>
      core.ports.trouble(
        `What is in force cannot be laid down for the next start: ${error instanceof Error ? error.message : String(error)}. ` +
          'A start would take up whatever the files say.',
      ),
    )
}

/** Makes the entry of a start or a reload. */
export function tookUp(core: Core, by: By, action: 'start' | 'reload', files: LoadedFiles, more: string) {
  const { steering } = joinDeclared(files.steering, core.added.values())
  return {
    ...entryBy(
      core,
      by,
      action,
      `${action === 'start' ? 'started with' : 'took up'} ${count(files.zones.length, 'zone')}, ` +
        `${count(files.steering.records.size, 'steered record')}, ${count(steering.nodes.size, 'node')}${more}`,
    ),
    kind: 'reload' as const,
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
