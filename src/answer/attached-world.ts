/**
 * One thread's view of the world: shared buffers with typed arrays over them, made anew when the structure changes.
 */
import { GeoMap } from '../geo/index.ts'
import { ZoneDirectory, ZoneImage } from '../zone/index.ts'
import { type CounterLayout, counterRow } from './counters.ts'
import { NegativeSoa } from './negative-soa.ts'
import { attachRegion, type RegionView } from './region.ts'
import type { WorldParts } from './world.ts'

export interface AttachedWorld {
  readonly images: readonly ZoneImage[]
  readonly directory: ZoneDirectory
  readonly negatives: readonly NegativeSoa[]
  /** for each zone: the serial in force */
  readonly serials: Int32Array
  /** for each zone: 1 where it is an expired secondary */
  readonly expired: Uint8Array
  /** for each zone: its column in the counters */
  readonly zoneIds: Int32Array
  readonly maps: readonly GeoMap[]
  readonly recordMaps: Int32Array
  readonly region: RegionView
  readonly layout: CounterLayout
  readonly row: Float64Array
  readonly countries: GeoMap | undefined
  readonly countryColumns: Int32Array
  /** the turn of each record and family: where its next rotation starts */
  readonly turns: Int32Array
}

/** @param before the thread's world until now: rotations go on where they stood, images that stayed are not attached again */
export function attachWorld(
  parts: WorldParts,
  thread: number,
  seed: number,
  before: AttachedWorld | undefined,
): AttachedWorld {
  const known = new Map(before?.images.map((image) => [image.buffer, image]))
  const images = parts.zones.map(({ image }) => known.get(image) ?? new ZoneImage(image))
  const turns = new Int32Array(2 * parts.recordMaps.length)
  // Threads start at different turns, so that together they do not favour a record's first node.
  for (let i = 0; i < turns.length; i++) turns[i] = (seed + Math.imul(i, 0x9e3779b1)) & 0x3fffffff
  if (before !== undefined) turns.set(before.turns.subarray(0, turns.length))
  return {
    images,
    directory: new ZoneDirectory(images),
    negatives: images.map((image) => new NegativeSoa(image)),
    serials: new Int32Array(parts.serials),
    expired: Uint8Array.from(parts.zones, ({ expired }) => (expired ? 1 : 0)),
    zoneIds: Int32Array.from(parts.zones, ({ id }) => id),
    maps: parts.maps.map((buffer) => new GeoMap(buffer)),
    recordMaps: parts.recordMaps,
    region: attachRegion(parts.region),
    layout: parts.layout,
    row: counterRow(parts.counters, parts.layout, thread),
    countries: parts.countries === undefined ? undefined : new GeoMap(parts.countries),
    countryColumns: parts.countryColumns,
    turns,
  }
}
