/**
 * Small origins on loopback addresses that share one port: what a steering file's nodes and check name.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Origin {
  readonly address: string
  /** requests to /health so far */
  readonly hits: number
  /** what /health answers with */
  status: number
  start(): Promise<void>
  /** Listens no more: clients are refused. */
  stop(): Promise<void>
}

/** Starts an origin on each address, all on one port. */
export async function startOrigins(
  t: Pick<typeof import('tap').t, 'teardown'>,
  addresses: readonly string[],
): Promise<{ readonly port: number; readonly origins: readonly Origin[] }> {
  // A port that is free on the first address may be taken on another: try again.
  for (let attempt = 0; ; attempt++) {
    const first = createOrigin(addresses[0]!, () => 0)
    await first.start()
    const port = first.port()
    const origins = [first, ...addresses.slice(1).map((address) => createOrigin(address, () => port))]
    try {
      for (const origin of origins.slice(1)) await origin.start()
      t.teardown(() => Promise.all(origins.map((origin) => origin.stop())))
      return { port, origins }
    } catch (error) {
      await Promise.all(origins.map((origin) => origin.stop()))
      if (attempt === 5) throw error
    }
  }
}

function createOrigin(address: string, wanted: () => number): Origin & { port(): number } {
  let server: Server | undefined
  let port = 0
  let hits = 0
  const origin = {
    address,
    status: 200,
    get hits() {
      return hits
    },
    port: () => port,
    async start() {
      if (server !== undefined) return
      const next = createServer((request, response) => {
        if (request.url === '/health') hits++
        response.setHeader('Connection', 'close')
        response.statusCode = origin.status
        response.end('ok\n')
      })
      await new Promise<void>((resolve, reject) => {
        next.once('error', reject)
        next.listen(port === 0 ? wanted() : port, address, resolve)
      })
      port = (next.address() as AddressInfo).port
      server = next
    },
    async stop() {
      const present = server
      server = undefined
      if (present === undefined) return
      await new Promise((resolve) => {
        present.close(resolve)
        present.closeAllConnections()
      })
    },
  }
  return origin
}
