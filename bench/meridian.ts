/** Our own server as a process: a folder with settings, a zone and steering, as an operator would write them. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type Running, SERVER_CORE, startProcess } from './processes.ts'
import { ABROAD, BENCH_ZONE, HOME, zoneText } from './zone-text.ts'

export interface MeridianSetting {
  readonly folder: string
  readonly port?: number
  readonly workers?: number
  readonly names: number
  /** Text of the steering file; default: `video` by country. */
  readonly steering?: string
  /** The core to run on; undefined: any. */
  readonly core?: string | undefined
  readonly arguments?: readonly string[]
}

export interface Meridian extends Running {
  readonly port: number
  readonly apiPort: number
  readonly zoneFile: string
  /** Calls the HTTP API. @throws when it answers with a problem */
  api(method: string, path: string, body?: object): Promise<unknown>
}

export const VIDEO_STEERING = `zone: ${BENCH_ZONE}
nodes:
${[HOME, ...ABROAD].map((address, i) => `  n${i}: { a: ${address} }\n`).join('')}pools:
  home: { nodes: [n0], check: none }
  abroad: { nodes: [n1, n2, n3], check: none }
records:
  video:
    rules:
      - { country: [MD], pool: home }
      - { pool: abroad }
`

/** Writes the folder and starts the server; it may not answer yet. */
export async function startMeridian(setting: MeridianSetting): Promise<Meridian> {
  const { folder } = setting
  const port = setting.port ?? (await freePort())
  const apiPort = await freePort()
  const zones = join(folder, 'zones')
  mkdirSync(zones, { recursive: true })
  const zoneFile = join(zones, `${BENCH_ZONE}.zone`)
  writeFileSync(zoneFile, zoneText(BENCH_ZONE, setting.names))
  writeFileSync(join(zones, 'bench.yaml'), setting.steering ?? VIDEO_STEERING)
  writeFileSync(
    join(folder, 'meridian.yaml'),
    `listen: ["127.0.0.1:${port}"]
api: { listen: "127.0.0.1:${apiPort}", open_reads: true }
zones: ./zones
data: ./data
workers: ${setting.workers ?? 1}
limits: { rrl: off }
log: { level: warn }
`,
  )
  return runMeridian(setting, port, apiPort, zoneFile)
}

/** Starts the server on a folder that is there already. */
export function runMeridian(setting: MeridianSetting, port: number, apiPort: number, zoneFile: string): Meridian {
  const { folder } = setting
  const main = new URL('../src/main.js', import.meta.url).pathname
  const core = 'core' in setting ? setting.core : SERVER_CORE
  const running = startProcess(
    process.execPath,
    [main, 'serve', '--config', join(folder, 'meridian.yaml'), ...(setting.arguments ?? [])],
    { ...(core === undefined ? {} : { core }), folder },
  )
  const api = async (method: string, path: string, body?: object): Promise<unknown> => {
    const token = readFileSync(join(folder, 'data', 'admin.token'), 'utf8').trim()
    const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return { ...running, port, apiPort, zoneFile, api }
}
