/**
 * One piece of memory for all that the kernel and a UDP thread hand to each other: on a large page where the system has them (Linux,
 * 2 MiB), so that a batch of 64 messages in their slots does not ask the processor for a hundred translations of addresses.
 */
import type { Libc } from './libc.ts'

const PAGE_OCTETS = 2 << 20
const MADV_HUGEPAGE = 14
/** Parts begin on a line of the processor's cache. */
const LINE = 64

/** @returns gives out parts, zeroed; together they may have 2 MiB. Shared buffers are never moved */
export function largeMemory(libc: Libc): (octets: number) => Uint8Array {
  const buffer = new SharedArrayBuffer(2 * PAGE_OCTETS)
  const start = libc.addressOf(new Uint8Array(buffer))
  let next = Number(-start & BigInt(PAGE_OCTETS - 1))
  const end = next + PAGE_OCTETS
  // Only advice: without large pages it is memory as any other.
  libc.madvise(start + BigInt(next), PAGE_OCTETS, MADV_HUGEPAGE)
  return (octets) => {
    const part = new Uint8Array(buffer, next, octets)
    next = (next + octets + LINE - 1) & -LINE
    if (next > end) throw new Error('assertion failed: a UDP thread needs more memory than one large page')
    return part
  }
}
