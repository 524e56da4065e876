/**
 * The running server that a new one takes over from (--replace): found by the ports it holds, told to stop once the new one serves.
 *
 *     new: bind beside ──▶ serve ──▶ SIGTERM ──────────────▶ wait until it is gone
 *     old: serve ─────────────────────▶ withdraw ──▶ drain ──▶ exit
 */

import type { ListenAddress, ServingLog } from './model.ts'
import { ListenError } from './model.ts'
import { type PortOwner, portOwners } from './port-owners.ts'

// A server that stops within its second is gone long before; one that hangs must not keep the new one from its API for ever.
const PATIENCE_MS = 10_000

/**
 * Finds the other Meridian processes on these addresses.
 * @throws ListenError where another program has one of the ports: to bind beside it would take half of its queries
 */
export function findPredecessors(listen: readonly ListenAddress[]): PortOwner[] {
  const found = new Map<number, PortOwner>()
  for (const { port, tls } of listen) {
    if (port === 0) continue
    for (const owner of [...(tls === true ? [] : portOwners('udp', port)), ...portOwners('tcp', port)]) {
      if (owner.pid === process.pid) continue
      if (!isMeridian(owner.command))
        throw new ListenError(
          'EADDRINUSE',
          `Cannot take over port ${port}: it belongs to ${owner.name} (process ${owner.pid}), which is not Meridian.`,
          'Stop it first, and start without --replace.',
        )
      found.set(owner.pid, owner)
    }
  }
  return [...found.values()]
}

/** Tells them to stop and waits until they are gone. */
export async function stopPredecessors(predecessors: readonly PortOwner[], log: ServingLog): Promise<void> {
  await Promise.all(
    predecessors.map(async ({ pid }) => {
      log.info({ pid }, 'taking over: telling the former server to stop')
      const deadline = performance.now() + PATIENCE_MS
      for (let signal: 'SIGTERM' | 0 = 'SIGTERM'; performance.now() < deadline; signal = 0) {
        try {
          process.kill(pid, signal)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
          log.error({ pid, err: error }, 'the former server cannot be told to stop: both serve, stop it by hand')
          return
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      log.error({ pid }, 'the former server does not stop: both serve, stop it by hand')
    }),
  )
}

/** As bin/meridian, or the built entry by its own name: `node .../main.js serve`. */
function isMeridian(command: readonly string[]): boolean {
  return command.some(
    (word, i) => /(^|\/)meridian$/.test(word) || (/(^|\/)main\.js$/.test(word) && command[i + 1] === 'serve'),
  )
}
