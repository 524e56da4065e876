/**
 * Takes up a declared state: joins files and added nodes, tells the fleet, then the answers.
 */
import { apply, type Core, perform } from './core.ts'
import { joinDeclared } from './declared.ts'
import { intentOf } from './intents.ts'
import type { LoadedFiles } from './ports.ts'

/** Joins the files (the present ones, or those given) with the added nodes and puts the result in force. */
export function redeclare(core: Core, files: LoadedFiles | undefined = core.files): void {
  if (files === undefined) return
  const joined = joinDeclared(files.steering, core.added.values())
  const fresh = [...joined.steering.nodes.keys()].filter((name) => !core.steering.nodes.has(name))
  const first = core.files === undefined
  core.files = files
  core.steering = joined.steering
  core.issues = [...files.issues, ...joined.issues]
  const now = core.ports.now()
  const effects = [...core.ports.fleet.apply({ kind: 'declare', steering: joined.steering }, now)]
  // What an operator said of a node holds although its declaration was away, be it for a restart.
  for (const node of fresh) {
    const weight = core.weights.get(node)
    if (core.intents.has(node))
      effects.push(...core.ports.fleet.apply({ kind: 'intent', node, intent: intentOf(core, node, now) }, now))
    if (weight !== undefined) effects.push(...core.ports.fleet.apply({ kind: 'weight', node, weight }, now))
  }
  // The answers are compiled once, from standings that are complete; only then do single pools follow.
  core.ports.publisher.declare(files, joined.steering, core.generation)
  perform(core, effects)
  if (first) apply(core, ...[...core.standby].map(([pool, on]) => ({ kind: 'standby' as const, pool, on })))
}
