/**
 * From control's values to the API's: an outcome is an answer or a problem; what is asked for exists or is a problem.
 */
import { nearestName } from '../base/index.ts'
import { type Accepted, type Control, isAccepted, type NodeHealth, type Outcome } from '../control/index.ts'
import { Problem, problemOf } from './problem.ts'

export { iso } from '../control/index.ts'

/** @returns what was done; @throws Problem where it was refused */
export function accepted(outcome: Outcome): Accepted {
  if (isAccepted(outcome)) return outcome
  throw problemOf(outcome)
}

/** @throws Problem 404, with the nearest name */
export function unknownName(what: string, name: string, known: Iterable<string>): Problem {
  const near = nearestName(name, known)
  return new Problem(
    'unknown',
    `There is no ${what} "${name}".`,
    near === undefined ? {} : { advice: `Did you mean "${near}"?` },
  )
}

/** @throws Problem 404 */
export function viewNodeWord(control: Control, name: string): NodeHealth {
  const node = control.node(name)
  if (node === undefined) throw unknownName('node', name, control.steering().nodes.keys())
  return node
}
