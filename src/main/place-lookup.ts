/**
 * Where an address is, as `explain` and `meridian geo` tell it: the databases of the last load, opened when first asked.
 */
import type { PlaceFacts } from '../answer/index.ts'
import { printAddress, printNetwork } from '../base/index.ts'
import type { GeoDatabase } from '../geo/index.ts'
import { type DatabaseFile, readDatabase } from '../loader/index.ts'

export class Places {
  readonly #files: () => readonly DatabaseFile[]
  #open: { readonly of: readonly DatabaseFile[]; readonly databases: readonly GeoDatabase[] } | undefined

  constructor(files: () => readonly DatabaseFile[]) {
    this.#files = files
  }

  /** @param address 4 or 16 octets */
  place(address: Uint8Array): PlaceFacts {
    let country: string | null = null
    let subdivision: string | null = null
    let continent: string | null = null
    let asn: number | null = null
    let latitude: number | null = null
    let longitude: number | null = null
    let database: string | null = null
    let network: string | null = null
    // The first database that knows a matter is believed, as in the maps.
    for (const one of this.#databases()) {
      const { place, network: around } = one.locate(address)
      if (database === null && (place.country ?? place.continent) !== undefined) {
        database = one.name
        network = printNetwork(around)
      }
      country ??= place.country ?? null
      continent ??= place.continent ?? null
      subdivision ??= place.subdivisions[0] ?? null
      asn ??= place.asn ?? null
      latitude ??= place.at?.latitude ?? null
      longitude ??= place.at?.longitude ?? null
    }
    return {
      address: printAddress(address),
      country,
      subdivision,
      continent,
      asn,
      latitude,
      longitude,
      database,
      network,
    }
  }

  #databases(): readonly GeoDatabase[] {
    const files = this.#files()
    if (this.#open === undefined || this.#open.of !== files) {
      const databases = files.flatMap(({ kind, file, builtIn }) => {
        // A file that became unreadable since it was loaded: the answers still know it, this does not.
        const { database } = readDatabase({ kind, path: file, builtIn }, Date.now())
        return database === undefined ? [] : [database]
      })
      this.#open = { of: files, databases }
    }
    return this.#open.databases
  }
}
