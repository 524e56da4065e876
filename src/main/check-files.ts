/**
 * `meridian check`: loads all files as the server would, and answers nothing.
 */
import { resolve } from 'node:path'
import { hasErrors } from '../base/index.ts'
import type { CheckOptions, CheckReport } from '../cli/index.ts'
import { createFileLoader, readSettings } from '../loader/index.ts'
import { zoneNames } from '../store/index.ts'
import { databaseFile } from './places.ts'

export async function checkFiles(options: CheckOptions): Promise<CheckReport> {
  const nothing = { zones: [], steeredRecords: 0, pools: 0, nodes: 0 }
  const { settings, issues } = readSettings({ config: options.config })
  if (settings === undefined) return { ...nothing, issues }
  const zones = options.folder === undefined ? settings.zones : resolve(options.folder)
  const loaded = await createFileLoader({
    zones,
    geoip: settings.geoip,
    elsewhere: () => [...settings.secondary.keys(), ...zoneNames(databaseFile(settings))],
  }).load()
  if (!loaded.ok) return { ...nothing, issues: [...issues, ...loaded.issues] }
  const { steering } = loaded.files
  return {
    issues: [...issues.filter((issue) => !hasErrors([issue])), ...loaded.files.issues],
    zones: loaded.files.zones,
    steeredRecords: steering.records.size,
    pools: steering.pools.size,
    nodes: steering.nodes.size,
  }
}
