/**
 * Where an address is, as `explain` and `meridian geo` tell it: the databases of the last load, opened when first asked.
 */
import type { PlaceFacts } from '../answer/index.ts'
import { printAddress, printNetwork } from '../base/index.ts'
import { PlaceFinder } from '../geo/index.ts'
import { type DatabaseFile, readDatabase } from '../loader/index.ts'

export class Places {
  readonly #files: () => readonly DatabaseFile[]
  #open: { readonly of: readonly DatabaseFile[]; readonly finder: PlaceFinder } | undefined

  constructor(files: () => readonly DatabaseFile[]) {
    this.#files = files
  }

  /** @param address 4 or 16 octets */
  place(address: Uint8Array): PlaceFacts {
    const { place, sources } = this.#finder().find(address)
    const source = sources.find((one) => one.place.country !== undefined || one.place.continent !== undefined)
    return {
      address: printAddress(address),
      country: place.country ?? null,
      subdivision: place.subdivisions[0] ?? null,
      continent: place.continent ?? null,
      asn: place.asn ?? null,
      latitude: place.at?.latitude ?? null,
      longitude: place.at?.longitude ?? null,
      database: source?.database ?? null,
      network: source === undefined ? null : printNetwork(source.network),
    }
  }

  #finder(): PlaceFinder {
    const files = this.#files()
    if (this.#open === undefined || this.#open.of !== files) {
      const databases = files.flatMap(({ kind, file, builtIn }) => {
        // A file that became unreadable since it was loaded: the answers still know it, this does not.
        const { database } = readDatabase({ kind, path: file, builtIn }, undefined)
        return database === undefined ? [] : [database]
      })
      this.#open = { of: files, finder: new PlaceFinder(databases) }
    }
    return this.#open.finder
  }
}
