/**
 * (e) Client-subnet scopes: walks the whole IPv4 space over UDP, from each answer's scope to the network behind it, and counts. The
 * fewer scopes, the fewer copies resolvers must keep; the rules are the portal's (one country against the rest).
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { firstAddress } from './ask.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { untilAnswers } from './processes.ts'
import { query } from './queries.ts'
import { BENCH_ZONE, HOME } from './zone-text.ts'

export const partScopes: Part = {
  name: 'scopes',
  title: 'Distinct client-subnet scopes over IPv4, one country against the rest',
  run: async ({ folder, say }) => {
    const meridian = await startMeridian({ folder, names: 10, core: undefined })
    const socket = createSocket('udp4')
    try {
      await untilAnswers(meridian.port, `h1.${BENCH_ZONE}`, meridian)
      let scopes = 0
      let atHome = 0
      const perLength = new Map<number, number>()
      for (let next = 0; next < 2 ** 32; ) {
        const address = [next >>> 24, (next >>> 16) & 255, (next >>> 8) & 255, next & 255]
        const reply = once(socket, 'message', { signal: AbortSignal.timeout(5000) }) as Promise<[Buffer]>
        socket.send(query(`video.${BENCH_ZONE}`, { subnet: { address, prefixLength: 32 } }), meridian.port, '127.0.0.1')
        const [message] = await reply
        const scope = scopeOf(message)
        if (scope === undefined || scope > 32) throw new Error(`no scope for ${address.join('.')}`)
        scopes++
        perLength.set(scope, (perLength.get(scope) ?? 0) + 1)
        if (firstAddress(message) === HOME) atHome++
        // On to the first address behind this network.
        next = Math.floor(next / 2 ** (32 - scope)) * 2 ** (32 - scope) + 2 ** (32 - scope)
      }
      say(`${scopes} scopes, ${atHome} of them at home`)
      const lengths = [...perLength].sort(([a], [b]) => a - b).map(([length, count]) => `/${length}: ${count}`)
      return [
        ...table(['scopes', 'of them in the country'], [[scopes, atHome]]),
        '',
        `By length: ${lengths.join(', ')}.`,
      ]
    } finally {
      socket.close()
      await meridian.stop()
    }
  },
}

/** SCOPE PREFIX-LENGTH of the client-subnet option (RFC 7871 6); the OPT record is the last one here. */
function scopeOf(message: Buffer): number | undefined {
  for (let at = message.length - 8; at > 12; at--)
    if (
      message.readUInt16BE(at) === 8 &&
      message.readUInt16BE(at + 4) === 1 &&
      at + 4 + message.readUInt16BE(at + 2) <= message.length
    )
      return message[at + 7]
  return undefined
}
