/**
 * Loaded states on disk: what a reload goes back to, and what a start compares the files with, also after a restart.
 *
 *     FINGERPRINT.state     magic, octets of the head (u32), head (V8's structured clone), then the shared buffers one after the other
 *
 * A state is kept as it was compiled, not as the files that it came from: they are overwritten by then. So only the very version that
 * wrote a state reads it; for any other there is none. Buffers are written as they lie in memory, off the main thread.
 */
import { mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { open, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

const MAGIC = 0x4d72_4b31 // "MrK1"
const HEAD_AT = 8
const ENDING = '.state'
/** Zones of many millions of names: a copy would cost more than it can ever give back. */
export const MOST_OCTETS = 2 ** 30

/** A plain value, and the large parts of it. */
export interface State<T> {
  readonly value: T
  readonly buffers: readonly SharedArrayBuffer[]
}

interface Head<T> {
  readonly version: string
  readonly value: T
  /** octets of each buffer, in the order in which they follow */
  readonly lengths: readonly number[]
}

/** Writes a state whole or not at all; on disk when it settles. @throws where the disk fails, and where it is too large */
export async function writeState<T>(folder: string, name: string, version: string, state: State<T>): Promise<void> {
  const { value, buffers } = state
  const lengths = buffers.map((buffer) => buffer.byteLength)
  const head = serialize({ version, value, lengths } satisfies Head<T>)
  const octets = lengths.reduce((sum, length) => sum + length, head.length)
  if (octets > MOST_OCTETS)
    throw new Error(`the state has ${octets} octets; up to ${MOST_OCTETS} are kept for the next start`)
  const start = Buffer.alloc(HEAD_AT)
  start.writeUInt32LE(MAGIC, 0)
  start.writeUInt32LE(head.length, 4)
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const path = join(folder, `${name}${ENDING}`)
  const file = await open(`${path}.new`, 'w', 0o640)
  try {
    for (const piece of [start, head, ...buffers.map((buffer) => new Uint8Array(buffer))]) await file.writeFile(piece)
    await file.sync()
  } catch (error) {
    await file.close()
    await unlink(`${path}.new`).catch(() => undefined)
    throw error
  }
  await file.close()
  await rename(`${path}.new`, path)
  // The name itself must outlive a power cut, too.
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

export async function hasState(folder: string, name: string): Promise<boolean> {
  return stat(join(folder, `${name}${ENDING}`)).then(
    () => true,
    () => false,
  )
}

/** @returns undefined: there is none, it is damaged, or another version wrote it */
export function readState<T>(folder: string, name: string, version: string): State<T> | undefined {
  try {
    const octets = readFileSync(join(folder, `${name}${ENDING}`))
    if (octets.readUInt32LE(0) !== MAGIC) return undefined
    const headEnd = HEAD_AT + octets.readUInt32LE(4)
    const { version: writer, value, lengths } = deserialize(octets.subarray(HEAD_AT, headEnd)) as Head<T>
    if (writer !== version) return undefined
    if (headEnd + lengths.reduce((sum, length) => sum + length, 0) !== octets.length) return undefined
    let at = headEnd
    const buffers = lengths.map((length) => {
      const buffer = new SharedArrayBuffer(length)
      new Uint8Array(buffer).set(octets.subarray(at, at + length))
      at += length
      return buffer
    })
    return { value, buffers }
  } catch {
    return undefined
  }
}

/** Removes all states but these, and what a crash left half-written. */
export function retainStates(folder: string, names: ReadonlySet<string>): void {
  let entries: string[]
  try {
    entries = readdirSync(folder)
  } catch {
    return
  }
  for (const entry of entries)
    if (!entry.endsWith(ENDING) || !names.has(entry.slice(0, -ENDING.length))) unlinkSync(join(folder, entry))
}
