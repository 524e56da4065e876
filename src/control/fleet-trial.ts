/**
 * "In the same new way": kinds of failure that one wrong check would cause alike on every node.
 */
import type { EvidenceClass } from '../health/index.ts'

/** A wrong port is refused by one host and dropped by the next one's firewall: that is one way of failing. */
export function failureFamily(evidence: EvidenceClass): string {
  switch (evidence) {
    case 'refused':
    case 'timeout':
    case 'reset':
    case 'unreachable':
      return 'no connection'
    default:
      return evidence
  }
}
