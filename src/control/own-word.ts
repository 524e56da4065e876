/**
 * The node's own word, as it stands in the answers to its checks: each track keeps what its latest answer said, the node what follows.
 *
 *     state      of several checks any `drain` or `maint` counts (fleet-fitness.ts); it outlives silence, only an answer takes it back
 *     weight     the most modest one; an answer without it ends it, and so does the end of the check
 *     load       the latest one; an answer without it ends it, and so do 120 s of silence (fleet-load.ts)
 */
import type { ProbeResult } from '../health/index.ts'
import { forgetLoad, noteLoad } from './fleet-load.ts'
import type { NodeState, Track } from './fleet-state.ts'

/** The share of its weight that the node asks for, in percent. */
export function askedPercent(node: NodeState): number {
  let least: number | undefined
  for (const { weightPercent } of node.tracks)
    if (weightPercent !== undefined && (least === undefined || weightPercent < least)) least = weightPercent
  return least ?? 100
}

/** Takes in what one result says. @returns whether the node's pools must be decided anew */
export function listen(track: Track, result: ProbeResult, nowMs: number): boolean {
  const { node } = track
  const { word } = result
  // Most nodes never say a word.
  if (word === undefined && track.word === undefined && track.weightPercent === undefined && !track.tellsLoad)
    return false
  if (word?.load !== undefined) {
    track.tellsLoad = true
    noteLoad(node, word.load, nowMs)
  } else if (track.tellsLoad && result.ok) {
    track.tellsLoad = false
    if (!node.tracks.some(({ tellsLoad }) => tellsLoad)) forgetLoad(node)
  }
  // A node that has stopped after its farewell still stands by it: only an answer takes it back.
  const state = result.ok || word?.state !== undefined ? word?.state : track.word
  if (result.ok || word !== undefined) track.weightPercent = word?.weightPercent
  const percent = askedPercent(node)
  const news = isOut(state) || isOut(track.word) || percent !== node.weightPercent
  if (state === track.word && percent === node.weightPercent) return false
  // What comes back by its own word starts slowly, too.
  if (isOut(track.word) && !isOut(state)) track.health.returnedAtMs = nowMs
  track.word = state
  node.weightPercent = percent
  return news
}

function isOut(word: Track['word']): boolean {
  return word === 'drain' || word === 'maint'
}
