/** The answering side in this process, from files as an operator writes them, every node fit until the benchmark says otherwise. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Publisher, type Structure, type StructureMessage } from '../src/answer/index.ts'
import { printIssue } from '../src/base/index.ts'
import { createFileLoader } from '../src/loader/index.ts'
import { takeLoadThread } from '../src/main/early-thread.ts'
import type { PoolStanding, Steering } from '../src/steer/index.ts'
import { VIDEO_STEERING } from './meridian.ts'
import { BENCH_ZONE, zoneText } from './zone-text.ts'

export interface BenchWorld {
  readonly publisher: Publisher
  readonly steering: Steering
  /** Takes a node out of every answer, or puts it back. */
  setFit(node: string, fit: boolean): void
}

/** @param threads serving threads @param post where structure messages go */
export async function benchWorld(
  folder: string,
  names: number,
  threads: number,
  post: (message: StructureMessage) => void,
  steeringText = VIDEO_STEERING,
): Promise<BenchWorld> {
  const zones = join(folder, 'zones')
  mkdirSync(zones, { recursive: true })
  writeFileSync(join(zones, `${BENCH_ZONE}.zone`), zoneText(BENCH_ZONE, names))
  writeFileSync(join(zones, 'bench.yaml'), steeringText)
  const loaded = await createFileLoader({ zones, geoip: {}, startThread: takeLoadThread }).load()
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const { steering, image } = loaded.files
  const out = new Set<string>()
  const standing = (name: string): PoolStanding | undefined => {
    const pool = steering.pools.get(name)
    if (pool === undefined) return undefined
    const members = pool.members.map(({ node, weight }) => {
      const fit = !out.has(node)
      return {
        node,
        health: fit ? ('up' as const) : ('down' as const),
        intent: 'auto' as const,
        fit,
        inService: fit,
        kept: false,
        share: 1,
        weight: weight ?? 100,
        badMs: 0,
        why: 'the benchmark says so',
      }
    })
    return { pool: name, condition: 'normal', members, unsettled: false, lastGood: members.map(({ node }) => node) }
  }
  const publisher = new Publisher(
    {
      threads,
      settings: {
        nsid: undefined,
        version: undefined,
        udpLimit: 1232,
        keepalive: 0,
        cookieSecrets: [new Uint8Array(16)],
      },
      limits: {
        rate: 0,
        burstSeconds: 1,
        slip: 0,
        ipv4PrefixLength: 24,
        ipv6PrefixLength: 56,
        entries: 256,
        exempt: [],
      },
      seed: 1,
    },
    { standing, post },
  )
  publisher.declare(image as Structure, steering)
  return {
    publisher,
    steering,
    setFit: (node, fit) => {
      if (fit) out.delete(node)
      else out.add(node)
    },
  }
}
