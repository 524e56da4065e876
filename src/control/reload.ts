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
import { BY_ITSELF, type By, type NewEntry } from './journal.ts'
import { forget } from './nodes.ts'
import type { Outcome } from './outcome.ts'
import { type Plan, planOf } from './plan.ts'
import type { Change, LoadedFiles } from './ports.ts'
import { redeclare } from './redeclare.ts'
import { beginningOf, layDown, storyChanges, tookUp } from './reload-story.ts'

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
  /** fingerprints that a reload under way has laid down */
  coming: readonly string[]
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
    coming: [],
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
  const { files } = loaded
  const { states } = core.ports
  if (options.confirmWithinMs === undefined || core.files === undefined || states === undefined)
    return adopt(core, state, by, files, options)
  // The way back is on disk before anybody relies on it.
  const previous = state.confirmBy?.previous ?? core.files
  state.coming = [previous.fingerprint, files.fingerprint]
  try {
    await states.keep(previous)
    await states.keep(files)
    return adopt(core, state, by, files, options)
  } finally {
    state.coming = []
  }
}

/** The first state of this run: what the files say, or what ran last where a restart must not change that. */
export function begin(core: Core, state: ReloadState, files: LoadedFiles): void {
  const by: By = { author: 'meridian', from: '-' }
  const beginning = beginningOf(core, core.ports.states, files)
  switch (beginning.kind) {
    case 'files':
      adopt(core, state, by, files, {})
      if (beginning.lost === true)
        observe(core, {
          ...entryBy(
            core,
            by,
            'reload-unconfirmed',
            'the state before a reload that nobody confirmed cannot be read (another version of Meridian wrote it, or it is damaged): the files are in force',
          ),
          kind: 'reload',
        })
      return
    case 'waiting': {
      const { inForce, previous, atMs } = beginning
      goOn(core, state, inForce, [], [tookUp(core, by, 'start', inForce, ', which wait to be confirmed as before')])
      state.confirmBy = { atMs, previous }
      break
    }
    case 'goes-back': {
      const { previous, rejected } = beginning
      const message =
        'nobody confirmed the reload in time, and the server was down: the state before it is in force again; the files on disk still differ'
      goOn(core, state, previous, storyChanges({ inForce: previous.fingerprint, rejected }), [
        { ...entryBy(core, by, 'went-back', message), kind: 'reload' },
        tookUp(core, by, 'start', previous, ''),
      ])
      notTheFiles(state, true)
      break
    }
    case 'went-back':
      goOn(
        core,
        state,
        beginning.inForce,
        [],
        [tookUp(core, by, 'start', beginning.inForce, '; the files on disk are those that nobody confirmed')],
      )
      notTheFiles(state, true)
      break
    case 'held': {
      const { inForce, plan } = beginning
      const message = 'The files would take away too much of what ran last, which goes on.'
      goOn(
        core,
        state,
        inForce,
        [],
        [
          tookUp(core, by, 'start', inForce, ', as they ran last'),
          {
            ...entryBy(core, by, 'reload-held', `${message} ${plan.harms.map((harm) => harm.message).join(' ')}`),
            kind: 'reload',
            after: plan.harms,
          },
        ],
      )
      notTheFiles(state, false)
      state.held = plan
      break
    }
    default:
      beginning satisfies never
  }
  keepForNextStart(core, state)
}

/** A state of the last run goes on in this one. */
function goOn(
  core: Core,
  state: ReloadState,
  files: LoadedFiles,
  changes: readonly Change[],
  entries: readonly NewEntry[],
): void {
  core.ports.states?.continueFrom(files)
  write(core, changes, entries)
  redeclare(core, files)
  state.lastOk = true
  state.issues = files.issues
}

function notTheFiles(state: ReloadState, wentBack: boolean): void {
  state.lastOk = false
  state.wentBack = wentBack
  state.issues = []
}

function keepForNextStart(core: Core, state: ReloadState): void {
  layDown(core, () => [
    ...(core.files === undefined ? [] : [core.files.fingerprint]),
    ...(state.confirmBy === undefined ? [] : [state.confirmBy.previous.fingerprint]),
    ...state.coming,
  ])
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
      return unchanged(
        core,
        options.confirmWithinMs === undefined
          ? 'the files say what is in force.'
          : 'the files say what is in force: there is nothing to confirm. Changed files are taken up by themselves unless the settings say watch: false.',
      )
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
  // A second reload within the time still goes back to the last state that somebody stood by.
  const confirmBy =
    options.confirmWithinMs === undefined || previous === undefined
      ? undefined
      : { atMs: core.ports.now() + options.confirmWithinMs, previous: state.confirmBy?.previous ?? previous }
  write(
    core,
    [
      // Intents and weights of adopted nodes stay: it is the same node, only declared elsewhere.
      ...joined.adopted.flatMap((name) => forget(name).slice(0, 1)),
      ...storyChanges({
        inForce: files.fingerprint,
        confirm: confirmBy && { atMs: confirmBy.atMs, previous: confirmBy.previous.fingerprint },
      }),
    ],
    [...adopted, tookUp(core, by, previous === undefined ? 'start' : 'reload', files, goesBack)],
  )
  redeclare(core, files)
  state.held = undefined
  state.confirmBy = confirmBy
  keepForNextStart(core, state)
  return done(core, `The files are in force (generation ${core.generation})${goesBack}.`, [])
}

/** Says that what was reloaded with confirm-within may stay. */
export function confirmReload(core: Core, state: ReloadState, by: By): Outcome {
  if (state.confirmBy === undefined) return unchanged(core, 'no reload waits for a confirmation.')
  write(core, storyChanges({ inForce: core.files?.fingerprint }), [
    { ...entryBy(core, by, 'confirm', `the reload was confirmed by ${by.author}`), kind: 'reload' },
  ])
  state.confirmBy = undefined
  return done(core, 'The reload stays.', [])
}

/** Goes back where nobody confirmed in time. */
export function goBackWhenDue(core: Core, state: ReloadState): void {
  const waiting = state.confirmBy
  if (waiting === undefined || core.ports.now() < waiting.atMs) return
  const message =
    'nobody confirmed the reload in time: the state before it is in force again; the files on disk still differ'
  write(core, storyChanges({ inForce: waiting.previous.fingerprint, rejected: core.files?.fingerprint }), [
    { ...entryBy(core, BY_ITSELF, 'went-back', message), kind: 'reload' },
  ])
  // Only now: where the disk fails, the next tick tries again.
  state.confirmBy = undefined
  redeclare(core, waiting.previous)
  notTheFiles(state, true)
  keepForNextStart(core, state)
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
