/**
 * The answers that are under way on a connection: several, where requests were sent without waiting (RFC 9112 9.3.2). Node.js tells
 * the one that is being sent of the connection's end, and not those that wait behind it; and it stops reading where too much waits,
 * so that it never sees the end at all. An event stream would stay for ever: here all are told, and nothing waits behind a stream.
 */
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Answers in the order of their requests. */
const underWay = new WeakMap<Duplex, Set<ServerResponse>>()
/** Connections whose last answer has no end. */
const taken = new WeakSet<Duplex>()

/** A request has come. @returns false: it stands behind an answer without an end, and the connection is cut off */
export function enter(socket: Duplex, outgoing: ServerResponse): boolean {
  const answers = underWay.get(socket) ?? begin(socket)
  answers.add(outgoing)
  outgoing.once('close', () => answers.delete(outgoing))
  if (!taken.has(socket)) return true
  socket.destroy()
  return false
}

export function isAnswering(socket: Duplex): boolean {
  return (underWay.get(socket)?.size ?? 0) > 0
}

/**
 * This answer has no end: what stands behind it would never be answered, so a client that sends more is cut off. A body that came
 * with the request is passed over, lest it hide the connection's end.
 * @returns false: the client has left, or was cut off for what it sent already
 */
export function neverEnds(response: ServerResponse): boolean {
  const { socket } = response.req
  const answers = underWay.get(socket)
  if (response.destroyed || socket.destroyed) return false
  taken.add(socket)
  response.req.resume()
  if (answers === undefined || [...answers].at(-1) === response) return true
  socket.destroy()
  return false
}

function begin(socket: Duplex): Set<ServerResponse> {
  const answers = new Set<ServerResponse>()
  underWay.set(socket, answers)
  const end = (): void => {
    // Those that were told of it are not among them any more.
    for (const one of answers) one.destroy().emit('close')
  }
  socket.once('close', () => setImmediate(end))
  return answers
}
