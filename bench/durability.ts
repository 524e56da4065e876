/**
 * kill -9 at random moments, under writes: every write that was acknowledged is there after the restart, the database opens, no
 * change is half-applied.
 *
 *     node build/bench/durability.js [KILLS] [SEED]          500 kills by default
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { seededRandom } from '../src/base/index.ts'
import { openDatabase } from '../src/store/index.ts'
import { lastUpdate, lastWrite, NODES, openWritten } from './durability-writer.ts'

const WRITER = join(dirname(fileURLToPath(import.meta.url)), 'durability-writer.js')

export interface DurabilityReport {
  readonly kills: number
  readonly writes: number
  /** what was found wrong, one sentence each */
  readonly wrong: readonly string[]
}

/** Kills a writer again and again on one database, and looks at it each time. */
export async function killAgainAndAgain(kills: number, seed: number): Promise<DurabilityReport> {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-durability-'))
  const file = join(folder, 'meridian.db')
  const random = seededRandom(seed)
  const wrong: string[] = []
  let writes = 0
  for (let kill = 0; kill < kills; kill++) {
    // Writes before the kill, then some microseconds: the moment falls anywhere in a commit.
    const acknowledged = await writeUntilKilled(file, 1 + random.below(60), random.below(3000))
    const told = inspect(file, acknowledged)
    writes = told.writes
    wrong.push(...told.wrong.map((sentence) => `kill ${kill}: ${sentence}`))
  }
  rmSync(folder, { recursive: true })
  return { kills, writes, wrong }
}

/** @returns the number of the last acknowledged write */
function writeUntilKilled(file: string, afterWrites: number, thenMicroseconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    let lines = 0
    let troubles = ''
    let killed = false
    child.stderr.on('data', (chunk) => {
      troubles += chunk
    })
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      lines = text.split('\n').length - 1
      if (lines < afterWrites || killed) return
      killed = true
      const end = process.hrtime.bigint() + BigInt(thenMicroseconds * 1000)
      while (process.hrtime.bigint() < end);
      child.kill('SIGKILL')
    })
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself (${code}): ${troubles}`))
      // A line that was cut off was not acknowledged.
      else resolve(Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)))
    })
  })
}

/** Opens what the dead left, and holds it against what the writes must have made. */
function inspect(file: string, acknowledged: number): { readonly writes: number; readonly wrong: readonly string[] } {
  const wrong: string[] = []
  const raw = openDatabase(file)
  const verdict = String(raw.pragma('integrity_check', { simple: true }))
  if (verdict !== 'ok') wrong.push(`the database is damaged: ${verdict}`)
  raw.close()
  const written = openWritten(file)
  const { control, close } = written
  const writes = lastWrite(written)
  if (writes < acknowledged) wrong.push(`write ${acknowledged} was acknowledged, and the journal ends at ${writes}`)
  const weights = new Map<string, number>()
  const nodes = new Map<string, number>()
  const reasons = new Map<string, string>()
  let update: number | undefined
  for (let i = 1; i <= writes; i++)
    if (i % 7 === 0) update = i
    else if (i % 3 === 0) nodes.set(`x-${i % 10}`, i % 60_000)
    else if (i % 5 === 0) reasons.set(`n-${i % NODES}`, `write ${i}`)
    else weights.set(`n-${i % NODES}`, i % 65_536)
  for (const [node, weight] of weights)
    if (control.node(node)?.weight !== weight)
      wrong.push(`node ${node} has weight ${control.node(node)?.weight}, and ${weight} was written`)
  for (const [node, weight] of nodes)
    if (control.node(node)?.declaredWeight !== weight) wrong.push(`the added node ${node} is not as it was written`)
  for (const [node, reason] of reasons)
    if (control.node(node)?.intent.reason !== reason) wrong.push(`the intent of ${node} is not as it was written`)
  // Neither a record without its entry nor an entry without its record.
  if (lastUpdate(written) !== update)
    wrong.push(`the zone holds update ${lastUpdate(written)}, and the journal ends at ${update}`)
  close()
  return { writes, wrong }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const kills = Number(process.argv[2] ?? 500)
  const seed = Number(process.argv[3] ?? 20260503)
  console.log(`seed ${seed}`)
  const started = Date.now()
  const report = await killAgainAndAgain(kills, seed)
  for (const sentence of report.wrong) console.log(sentence)
  console.log(
    `${report.kills} kills, ${report.writes} writes, ${report.wrong.length} wrong, ${Math.round((Date.now() - started) / 1000)} s`,
  )
  process.exitCode = report.wrong.length === 0 ? 0 : 1
}
