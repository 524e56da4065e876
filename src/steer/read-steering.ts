/**
 * The steering files, all of them as one: text in, checked model and all issues out.
 *
 *     text ── document (YAML, positions) ── declarations (shape, names, doubles) ── readers (meaning, references) ── cross-checks
 *
 * Where there are errors the model holds what could be understood: enough for further checks (does a steered name also stand
 * in the master file?), never to be served.
 */
import { type Issue, sortIssues } from '../base/index.ts'
import type { Steering } from '../policy/index.ts'
import { crossCheck } from './cross-checks.ts'
import { Complaints, collect, type SteeringFile } from './declarations.ts'
import { readChecks } from './read-checks.ts'
import { readNodes, readSites } from './read-nodes.ts'
import { readPools, type Workshop } from './read-pools.ts'
import { readRecords } from './read-records.ts'
import { readSchedules } from './read-schedules.ts'

export interface SteeringReading {
  readonly steering: Steering
  /** in the order of the files and their lines; with an error among them the model must not be served */
  readonly issues: readonly Issue[]
}

/** Reads all steering files as one. Never throws. */
export function readSteering(files: readonly SteeringFile[]): SteeringReading {
  const complaints = new Complaints()
  const declared = collect(files, complaints)
  const sites = readSites(declared.sites)
  const workshop: Workshop = {
    declared,
    nodes: readNodes(declared, complaints),
    checks: readChecks(declared.checks, complaints),
    pools: new Map(),
    complaints,
  }
  readPools(workshop)
  const records = readRecords(workshop)
  const schedules = readSchedules(workshop)
  const { nodes, checks, pools } = workshop
  const steering: Steering = { nodes, sites, checks, pools, records, schedules }
  crossCheck(steering, complaints)
  return { steering, issues: sortIssues(complaints.issues) }
}
