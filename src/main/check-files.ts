/**
 * `meridian check`: loads all files as the server would, and answers nothing.
 */
import { resolve } from 'node:path'
import type { Structure } from '../answer/index.ts'
import { hasErrors, printAddress } from '../base/index.ts'
import type { CheckedZone, CheckOptions, CheckReport } from '../cli/index.ts'
import { createFileLoader, readSettings } from '../loader/index.ts'
import { zoneNames } from '../store/index.ts'
import { printName, TYPE } from '../wire/index.ts'
import { setRecords, ZoneImage } from '../zone/index.ts'
import { takeLoadThread } from './early-thread.ts'
import { databaseFile } from './places.ts'

export async function checkFiles(options: CheckOptions): Promise<CheckReport> {
  const nothing = { zones: [], steeredRecords: 0, pools: 0, nodes: 0 }
  const { settings, issues } = readSettings({ config: options.config })
  if (settings === undefined) return { ...nothing, issues }
  const zones = options.folder === undefined ? settings.zones : resolve(options.folder)
  const loaded = await createFileLoader({
    zones,
    geoip: settings.geoip,
    startThread: takeLoadThread,
    elsewhere: () => [...settings.secondary.keys(), ...zoneNames(databaseFile(settings))],
  }).load()
  if (!loaded.ok) return { ...nothing, issues: [...issues, ...loaded.issues] }
  const { steering } = loaded.files
  const structure = loaded.files.image as Structure
  return {
    issues: [...issues.filter((issue) => !hasErrors([issue])), ...loaded.files.issues],
    zones: loaded.files.zones.map((zone) => {
      const image = structure.zones.find(({ name }) => name === zone.name)?.image
      return { ...zone, nameServers: image === undefined ? [] : nameServersOf(new ZoneImage(image)) }
    }),
    steeredRecords: steering.records.size,
    pools: steering.pools.size,
    nodes: steering.nodes.size,
  }
}

function nameServersOf(image: ZoneImage): CheckedZone['nameServers'] {
  const set = image.rrset(image.apex, TYPE.NS)
  if (set === 0) return []
  return [...setRecords(image, image.apex, set)].map(({ rdata }, i) => {
    const node = image.additional(set, i)
    const addresses = [TYPE.A, TYPE.AAAA].flatMap((type) => {
      const found = node === 0 ? 0 : image.rrset(node, type)
      return found === 0 ? [] : [...setRecords(image, node, found)].map((record) => printAddress(record.rdata))
    })
    return { name: printName(rdata).toLowerCase(), addresses }
  })
}
