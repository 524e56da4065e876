/** What a look-up in a zone can come to (RFC 1034 4.3.2), and where it says so without allocating. */

export const OUTCOME = {
  answer: 0,
  steered: 1,
  cname: 2,
  dname: 3,
  delegation: 4,
  nodata: 5,
  nxdomain: 6,
} as const
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME]

/** What a look-up found; one instance per thread, overwritten by each look-up. */
export class Lookup {
  /** the node that the answer comes from (the name's own, or the wildcard), the cut, or the DNAME's owner; 0: nxdomain */
  node = 0
  /** answer: the set asked for (0 for ANY); cname, dname, delegation: the CNAME, DNAME, NS set; else 0 */
  rrset = 0
  /** labels of that node's name as it stands in the question; for a wildcard the whole name's */
  labels = 0
  wildcard = false
  /** steered: the record's number; else -1 */
  record = -1
}
