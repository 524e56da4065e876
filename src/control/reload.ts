/**
 * Reload: all files are taken up, or none is and the old world stays. A brake holds what takes away too much; a confirmed
 * reload goes back by itself unless somebody says that it may stay.
 *
 *   load ── issues ──▶ invalid, the old world stays, the issues are shown
 *     └─ plan ── harms, no force ──▶ refused, the plan is held
 *          └─ write ──▶ in force ── confirm-within ──▶ confirm, or back
 */
import { type Issue, printDuration, printIssue } from '../base/index.ts'
import { type Core, entryBy, observe, write } from './core.ts'
import { joinDeclared } from './declared.ts'
import { done, unchanged } from './intents.ts'
import { BY_ITSELF, type By } from './journal.ts'
import { forget } from './nodes.ts'
import type { Outcome } from './outcome.ts'
import { type Plan, planOf } from './plan.ts'
import type { LoadedFiles } from './ports.ts'
import { redeclare } from './redeclare.ts'

export interface ReloadOptions {
  /** although the brake holds it */
  readonly force?: boolean | undefined
  /** back to what was before unless confirmed within this time */
  readonly confirmWithinMs?: number | undefined
}

/** What is to be known of reloads: the latest, what it met, and whether one waits for its confirmation. */
export interface ReloadState {
  /** epoch ms of the last attempt; undefined: none yet */
  lastMs: number | undefined
  lastOk: boolean
  /** issues of the last attempt: errors where it failed */
  issues: readonly Issue[]
  /** a plan that the brake holds */
  held: Plan | undefined
  /** goes back at this time unless confirmed */
  confirmBy: { readonly atMs: number; readonly previous: LoadedFiles } | undefined
  /** nobody confirmed: what is in force is older than the files */
  wentBack: boolean
  /** reloads are done one after the other */
  queue: Promise<unknown>
}

export function createReloadState(): ReloadState {
  return {
    lastMs: undefined,
    lastOk: true,
    issues: [],
    held: undefined,
    confirmBy: undefined,
    wentBack: false,
    queue: Promise.resolve(),
  }
}

/** Loads the files and takes them up. */
export function reload(core: Core, state: ReloadState, by: By, options: ReloadOptions): Promise<Outcome> {
  const run = state.queue.then(() => reloadNow(core, state, by, options))
  state.queue = run.catch(() => undefined)
  return run
}

async function reloadNow(core: Core, state: ReloadState, by: By, options: ReloadOptions): Promise<Outcome> {
  const loaded = await core.ports.loader.load()
  state.lastMs = core.ports.now()
  state.wentBack = false
  if (!loaded.ok) {
    const known = new Set(state.issues.map(printIssue))
    const news = state.lastOk || loaded.issues.some((issue) => !known.has(printIssue(issue)))
    state.lastOk = false
    state.issues = loaded.issues
    const message = `The files were not taken up: ${loaded.issues.length} issue${loaded.issues.length === 1 ? '' : 's'}; the old state stays.`
    // A file that is saved again and again with the same mistake is one story, not a hundred.
    if (news) observe(core, { ...entryBy(core, by, 'reload-failed', message), kind: 'reload', after: loaded.issues })
    return { status: 'invalid', message, issues: loaded.issues }
  }
  return adopt(core, state, by, loaded.files, options)
}

/** Takes up files that are loaded and checked. */
export function adopt(core: Core, state: ReloadState, by: By, files: LoadedFiles, options: ReloadOptions): Outcome {
  state.lastOk = true
  state.issues = files.issues
  const joined = joinDeclared(files.steering, core.added.values())
  const previous = core.files
  if (previous !== undefined) {
    const plan = planOf(previous, core.steering, files, joined.steering, (pool) => core.ports.fleet.standing(pool))
    if (plan.empty && files.fingerprint === previous.fingerprint) {
      state.held = undefined
      return unchanged(core, 'the files say what is in force.')
    }
    if (plan.harms.length > 0 && options.force !== true) {
      state.held = plan
      state.lastOk = false
      const message = `The reload is held: it would take away too much.`
      observe(core, {
        ...entryBy(core, by, 'reload-held', `${message} ${plan.harms.map((harm) => harm.message).join(' ')}`),
        kind: 'reload',
        after: plan.harms,
      })
      return { status: 'refused', message, harms: plan.harms }
    }
  }
  const adopted = joined.adopted.map((name) => ({
    ...entryBy(core, by, 'adopt', `node ${name} is declared by a file now and left the database`),
    node: name,
  }))
  const goesBack =
    options.confirmWithinMs === undefined ? '' : `, to be confirmed within ${printDuration(options.confirmWithinMs)}`
  write(
    core,
    // Intents and weights of adopted nodes stay: it is the same node, only declared elsewhere.
    joined.adopted.flatMap((name) => forget(name).slice(0, 1)),
    [
      ...adopted,
      {
        ...entryBy(
          core,
          by,
          previous === undefined ? 'start' : 'reload',
          `${previous === undefined ? 'started with' : 'took up'} ${files.zones.length} zones, ${files.steering.records.size} steered records, ` +
            `${joined.steering.nodes.size} nodes${goesBack}`,
        ),
        kind: 'reload',
      },
    ],
  )
  redeclare(core, files)
  state.held = undefined
  // A second reload within the time still goes back to the last state that somebody stood by.
  if (options.confirmWithinMs !== undefined && previous !== undefined)
    state.confirmBy = {
      atMs: core.ports.now() + options.confirmWithinMs,
      previous: state.confirmBy?.previous ?? previous,
    }
  else state.confirmBy = undefined
  return done(core, `The files are in force (generation ${core.generation})${goesBack}.`, [])
}

/** Says that what was reloaded with confirm-within may stay. */
export function confirmReload(core: Core, state: ReloadState, by: By): Outcome {
  if (state.confirmBy === undefined) return unchanged(core, 'no reload waits for a confirmation.')
  write(core, [], [{ ...entryBy(core, by, 'confirm', `the reload was confirmed by ${by.author}`), kind: 'reload' }])
  state.confirmBy = undefined
  return done(core, 'The reload stays.', [])
}

/** Goes back where nobody confirmed in time. */
export function goBackWhenDue(core: Core, state: ReloadState): void {
  const waiting = state.confirmBy
  if (waiting === undefined || core.ports.now() < waiting.atMs) return
  state.confirmBy = undefined
  const message =
    'nobody confirmed the reload in time: the state before it is in force again; the files on disk still differ'
  write(core, [], [{ ...entryBy(core, BY_ITSELF, 'went-back', message), kind: 'reload' }])
  redeclare(core, waiting.previous)
  state.lastOk = false
  state.wentBack = true
  state.issues = []
}

/** What a reload would do now; changes nothing. */
export async function planReload(core: Core): Promise<{ readonly plan: Plan } | { readonly issues: readonly Issue[] }> {
  const loaded = await core.ports.loader.load()
  if (!loaded.ok) return { issues: loaded.issues }
  const joined = joinDeclared(loaded.files.steering, core.added.values())
  const present = core.files ?? { ...loaded.files, zones: [] }
  return {
    plan: planOf(present, core.steering, loaded.files, joined.steering, (pool) => core.ports.fleet.standing(pool)),
  }
}
