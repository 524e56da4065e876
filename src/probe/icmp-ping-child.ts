/**
 * The child process around the `ping` package (icmp-ping.ts says why it stands alone). One message in, one message out.
 */
import ping from 'ping'
import type { PingReply, PingRequest } from './icmp-ping.ts'

process.on('message', (request: PingRequest) => {
  const answer = (reply: Omit<PingReply, 'id'>): void => {
    process.send?.({ id: request.id, ...reply } satisfies PingReply)
  }
  ping.promise
    .probe(request.address, {
      numeric: true,
      timeout: request.timeoutS,
      min_reply: 1,
      v6: request.address.includes(':'),
      ...(request.source === undefined ? {} : { sourceAddr: request.source }),
    })
    .then(
      (result) =>
        answer({
          alive: result.alive,
          ms: typeof result.time === 'number' ? result.time : undefined,
          output: String(result.output).slice(0, 2000),
        }),
      (error: unknown) => answer({ alive: false, ms: undefined, output: String(error).slice(0, 2000) }),
    )
})
process.on('disconnect', () => process.exit(0))
