/**
 * The library behind geo's port: `maxmind` reads the metadata and decodes records of MaxMind databases.
 */
import { Reader, type Response } from 'maxmind'
import type { MmdbFile } from '../geo/index.ts'

/** Records refer to each other's parts (a country's names, say): remembering those makes decoding several times faster. */
const REMEMBERED_PARTS = 20_000

/** What the library keeps to itself, but says is fit for walking. */
interface Walkable {
  resolveDataPointer(value: number): unknown
}

/** Opens a database. Throws where the bytes are none; `openDatabase` makes an issue of that. */
export function openMmdb(bytes: Uint8Array): MmdbFile {
  const parts = new Map<string | number, unknown>()
  const cache = {
    get: (at: string | number) => parts.get(at),
    set: (at: string | number, part: unknown) => {
      if (parts.size >= REMEMBERED_PARTS) parts.clear()
      parts.set(at, part)
    },
  }
  const reader = new Reader<Response>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { cache })
  const { databaseType, buildEpoch, ipVersion, nodeCount, recordSize } = reader.metadata
  return {
    bytes,
    metadata: {
      databaseType: String(databaseType),
      builtAtMs: buildEpoch.getTime(),
      ipVersion: ipVersion as 4 | 6,
      nodeCount,
      recordSize: recordSize as 24 | 28 | 32,
    },
    decode: (value) => (reader as unknown as Walkable).resolveDataPointer(value),
  }
}
