/**
 * The door of the serving rooms: what a transport needs from the name server, and what it tells about itself.
 */

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const
export type Transport = (typeof TRANSPORTS)[number]

/**
 * The name server without a network, one instance per thread.
 * `answer` never throws, never waits, and on the UDP path never allocates.
 */
export interface Responder {
  /**
   * Answers the message at message[at .. at+length) by writing the response over it, from `at` on.
   * @param capacity  octets that may be written from `at` on (at least 4096 for UDP, 65535 for TCP)
   * @param transport 0 udp, 1 tcp, 2 tls
   * @param peer      holds the client's address in network order at peer[peerAt ..): 4 octets, or 16
   * @param peerBytes 4 or 16 (a v4-mapped address is handed over as 4)
   * @param peerPort  the client's port
   * @returns octets of the response; 0: say nothing; -1: not for the query path (update, transfer, notify, TSIG ...): hand the
   *          untouched message to the slow door
   */
  answer(
    message: Uint8Array,
    at: number,
    length: number,
    capacity: number,
    transport: 0 | 1 | 2,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: 4 | 16,
    peerPort: number,
  ): number
  /** Called before each batch (or TCP message): takes up what was published since. Cheap when nothing was. */
  enter(): void
  /** Called after a batch, before waiting: from here on this thread holds no memory of the world. */
  leave(): void
}
