/**
 * The origins of bench/probes.ts, in a process of their own: one listener on every address of 127.0.0.0/8, a canned answer.
 * The argument is the share of addresses, in percent, that take a connection and say nothing. Sends its port, ends with its parent.
 */
import { createServer } from 'node:net'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n'

const silentPercent = Number(process.argv[2] ?? 0)

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  const last = Number(socket.localAddress?.split('.').pop())
  if (last % 100 >= silentPercent) socket.once('data', () => socket.end(ANSWER))
  else socket.resume()
})
server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => {
  const address = server.address()
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
})
process.on('disconnect', () => process.exit(0))
