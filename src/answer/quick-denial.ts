/**
 * Names that do not exist, told by one look into one zone: a flood of random names is the usual attack, and each of them is new.
 *
 *     abc.x7.example.com.    below the apex there is no `x7`, so nothing is below that either (RFC 8020); and no `*`, no DNAME is at
 *         ^  ^               the apex that would answer for it
 *         child apex
 *
 * The zone is the one that denied a name last. Whatever is not as simple is left to the whole path. Written for the compiler, as
 * quick-answers.ts is and says.
 */
import { hashStep, lowerWord, type ZoneImage } from '../zone/index.ts'
import type { AttachedWorld } from './attached-world.ts'

export interface QuickDenial {
  /** Names are denied from this zone from now on, if it is fit for that. */
  deny(world: AttachedWorld, zone: number): void
  forget(): void
  /** @returns the offset of the apex from the name's start, above 0, where the zone denies the name; else 0 */
  apexOf(nameAt: number, nameOctets: number): number
  /** the zone of what apexOf has said */
  zone(): number
}

const lowered = lowerWord
const step = hashStep

/** @param message the memory in which all messages of this thread stand, a word more behind each */
export function createQuickDenial(message: Uint8Array): QuickDenial {
  const octets = message
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  /** the apex in lower case, as words from its first octet on, zeros behind it */
  const apex = new Int32Array(64)
  let apexOctets = 0
  let image: ZoneImage
  let denying = -1

  const forget = (): void => {
    denying = -1
  }

  const deny = (world: AttachedWorld, zone: number): void => {
    const candidate = world.images[zone]!
    denying = -1
    if (!candidate.deniesAtApex || world.expired[zone] !== 0 || !world.directory.isInnermost(zone)) return
    image = candidate
    const at = candidate.ownerAt(candidate.apex)
    apexOctets = candidate.octets[candidate.apex]!
    for (let i = 0; i < apexOctets; i += 4) apex[i >> 2] = wordOf(candidate.view, at + i, apexOctets - i)
    denying = zone
  }

  const apexOf = (nameAt: number, nameOctets: number): number => {
    const apexFrom = nameOctets - apexOctets
    if (denying < 0 || apexFrom <= 0) return 0
    const apexAt = nameAt + apexFrom
    let child = nameAt
    for (let p = nameAt; p < apexAt; p += octets[p]! + 1) {
      if (octets[p]! > 63) return 0
      child = p
    }
    if (child + octets[child]! + 1 !== apexAt) return 0
    const end = nameAt + nameOctets
    let i = 0
    let p = apexAt
    for (; p + 4 <= end; p += 4, i++) if (lowered(view.getInt32(p, true)) !== apex[i]) return 0
    if (p < end && lowered(view.getInt32(p, true) & ((1 << ((end - p) << 3)) - 1)) !== apex[i]) return 0
    // As hashName does.
    let hash = end - child
    for (p = child; p + 4 <= end; p += 4) hash = step(hash, lowered(view.getInt32(p, true)))
    if (p < end) hash = step(hash, lowered(view.getInt32(p, true) & ((1 << ((end - p) << 3)) - 1)))
    return image.mayHold(hash) ? 0 : apexFrom
  }

  return { deny, forget, apexOf, zone: () => denying }
}

/** @returns up to four octets as a word, the first one lowest, zeros where there are fewer */
function wordOf(view: DataView, at: number, octets: number): number {
  let word = 0
  for (let k = Math.min(4, octets) - 1; k >= 0; k--) word = (word << 8) | view.getUint8(at + k)
  return word
}
