/**
 * tcp: the connection opens, and where the check says so, a text is sent and another expected. tls: the handshake succeeds.
 *
 * What a node answers to a tcp check may be HAProxy's agent vocabulary alone on its first line ("drain\n"): an agent that listens on a
 * port of its own is heard without more configuration than `expect`.
 */
import { connect } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { NodeWord } from '../health/index.ts'
import type { Probe } from '../steer/index.ts'
import { parseAgentWords } from './node-word.ts'
import { type Asked, type Attempt, type Outcome, outcomeOfError, quote, type Settle } from './outcome.ts'
import { certificateNews, connectOptions, connectTls } from './tls-connection.ts'

/** Octets of an answer among which the expected text must stand. */
const ANSWER_OCTETS = 64 * 1024

export function beginTcp(asked: Asked, probe: Extract<Probe, { kind: 'tcp' }>, settle: Settle): Attempt {
  const socket = connect(connectOptions(asked, probe.port))
  let phase = 'the connection'
  let ended = false
  let received = Buffer.alloc(0)
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    socket.destroy()
    settle(outcome)
  }
  socket.once('connect', () => {
    if (probe.expect === undefined) {
      // The text goes out before the connection closes; whether anybody answers was not asked.
      if (probe.send !== undefined) socket.end(probe.send, () => finish({ class: 'ok', detail: 'connected, sent' }))
      else finish({ class: 'ok', detail: 'connected' })
      return
    }
    phase = `the answer ${quote(probe.expect)}`
    if (probe.send !== undefined) socket.write(probe.send)
  })
  socket.on('data', (octets: Buffer) => {
    if (ended || probe.expect === undefined) return
    received = Buffer.concat([received, octets]).subarray(0, ANSWER_OCTETS)
    const told = toldOnFirstLine(received)
    if (told.down !== undefined) return finish({ class: 'status', detail: `the node says ${quote(told.down, 80)}` })
    if (received.includes(probe.expect) || told.word !== undefined)
      finish({ class: 'ok', detail: 'answered', ...(told.word === undefined ? {} : { word: told.word }) })
    else if (received.length === ANSWER_OCTETS)
      finish({ class: 'content', detail: `no ${quote(probe.expect)} in the first ${ANSWER_OCTETS} octets` })
  })
  socket.once('end', () => {
    if (probe.expect === undefined) return
    const said = received.length === 0 ? 'without a word' : `after ${quote(received.toString('latin1', 0, 60))}`
    finish({
      class: received.length === 0 ? 'reset' : 'content',
      detail: `connection closed ${said}, expected ${quote(probe.expect)}`,
    })
  })
  socket.on('error', (error: Error) => finish(outcomeOfError(error)))
  return {
    stop: () => {
      ended = true
      socket.destroy()
      return received.length > 0 ? `${phase} after ${quote(received.toString('latin1', 0, 60))}` : phase
    },
  }
}

const SILENT: { word: NodeWord | undefined; down: string | undefined } = { word: undefined, down: undefined }

/** The node's own word: a first line, whole, of nothing but words of the vocabulary. */
function toldOnFirstLine(received: Buffer): { word: NodeWord | undefined; down: string | undefined } {
  const newline = received.indexOf(10)
  if (newline < 0 || newline > 256) return SILENT
  const told = parseAgentWords(received.toString('latin1', 0, newline))
  return told.known > 0 && told.unknown === 0 ? told : SILENT
}

export function beginTls(
  asked: Asked,
  probe: Extract<Probe, { kind: 'tls' }>,
  secureContext: SecureContext,
  nowMs: () => number,
  settle: Settle,
): Attempt {
  const socket = connectTls(asked, probe, secureContext)
  let phase = 'the connection'
  let ended = false
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    socket.destroy()
    settle(outcome)
  }
  socket.once('connect', () => {
    phase = 'the TLS handshake'
  })
  socket.once('secureConnect', () => {
    const warning = certificateNews(socket, probe.certificateWarningMs, nowMs())
    const detail = `${socket.getProtocol() ?? 'TLS'}, ${socket.getCipher()?.name ?? 'unknown cipher'}`
    finish({ class: 'ok', detail, ...(warning === undefined ? {} : { warning }) })
  })
  socket.on('error', (error: Error) => finish(outcomeOfError(error)))
  return {
    stop: () => {
      ended = true
      socket.destroy()
      return phase
    },
  }
}
