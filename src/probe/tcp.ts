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
/** The longest first line that may be an agent's. */
const AGENT_LINE = 256

const SILENT: { word: NodeWord | undefined; down: string | undefined } = { word: undefined, down: undefined }

export function beginTcp(asked: Asked, probe: Extract<Probe, { kind: 'tcp' }>, settle: Settle): Attempt {
  const socket = connect(connectOptions(asked, probe.port))
  let phase = 'the connection'
  let ended = false
  // Grows by doubling: a node that sends octet by octet must not make us copy everything each time.
  let buffer = Buffer.alloc(1024)
  let length = 0
  const received = (): Buffer => buffer.subarray(0, length)
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    socket.destroy()
    settle(outcome)
  }
  socket.once('connect', () => {
    if (probe.expect === undefined) {
      // The text goes out before the connection closes; whether anybody answers was not asked.
      phase = 'the node to take what is sent'
      if (probe.send !== undefined) socket.end(probe.send, () => finish({ class: 'ok', detail: 'connected, sent' }))
      else finish({ class: 'ok', detail: 'connected' })
      return
    }
    phase = `the answer ${quote(probe.expect)}`
    if (probe.send !== undefined) socket.write(probe.send)
  })
  socket.on('data', (octets: Buffer) => {
    if (ended || probe.expect === undefined) return
    const before = length
    length = Math.min(ANSWER_OCTETS, length + octets.length)
    if (length > buffer.length)
      buffer = Buffer.concat([buffer], Math.min(ANSWER_OCTETS, Math.max(length, 2 * buffer.length)))
    octets.copy(buffer, before, 0, length - before)
    const told = before < AGENT_LINE ? toldOnFirstLine(received()) : SILENT
    if (told.down !== undefined) return finish({ class: 'status', detail: `the node says ${quote(told.down, 80)}` })
    const from = Math.max(0, before - Buffer.byteLength(probe.expect))
    if (received().includes(probe.expect, from) || told.word !== undefined)
      finish({ class: 'ok', detail: 'answered', ...(told.word === undefined ? {} : { word: told.word }) })
    else if (length === ANSWER_OCTETS)
      finish({ class: 'content', detail: `no ${quote(probe.expect)} in the first ${ANSWER_OCTETS} octets` })
  })
  socket.once('end', () => {
    if (probe.expect === undefined) return
    const said = length === 0 ? 'without a word' : `after ${quote(received().toString('latin1', 0, 60))}`
    finish({
      class: length === 0 ? 'reset' : 'content',
      detail: `connection closed ${said}, expected ${quote(probe.expect)}`,
    })
  })
  socket.on('error', (error: Error) => finish(outcomeOfError(error)))
  return {
    stop: () => {
      ended = true
      socket.destroy()
      return length > 0 ? `${phase} after ${quote(received().toString('latin1', 0, 60))}` : phase
    },
  }
}

/** The node's own word: a first line, whole, of nothing but words of the vocabulary. */
function toldOnFirstLine(received: Buffer): { word: NodeWord | undefined; down: string | undefined } {
  const newline = received.indexOf(10)
  if (newline < 0 || newline > AGENT_LINE) return SILENT
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
