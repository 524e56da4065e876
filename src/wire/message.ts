/**
 * A whole DNS message as a value (RFC 1035 4): for transfers, updates, notifications, the command line and tests. The query path
 * does not use it: query-scan.ts reads there, and answers are octets already.
 */
import { CLASS, OPCODE, RCODE, TYPE } from './codes.ts'
import { MessageWriter } from './message-writer.ts'
import { type NameRead, readName } from './name.ts'
import { HEADER_OCTETS } from './query-scan.ts'
import { readRdata } from './record-types.ts'

export interface Question {
  /** uncompressed wire form, case kept */
  readonly name: Uint8Array
  readonly type: number
  readonly class: number
}

export interface ResourceRecord {
  /** uncompressed wire form, case kept */
  readonly name: Uint8Array
  readonly type: number
  readonly class: number
  readonly ttl: number
  /** wire form, its names uncompressed */
  readonly rdata: Uint8Array
}

/** In an UPDATE the sections are zone, prerequisite, update, additional (RFC 2136 2). */
export interface Message {
  readonly id: number
  /** the 16-bit word: FLAG bits, opcode, the low four bits of the rcode */
  readonly flags: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** OPT and TSIG stand here as records */
  readonly additionals: readonly ResourceRecord[]
}

/** Why octets are no message. */
export interface MessageProblem {
  /** a sentence */
  readonly problem: string
  /** offset in the message */
  readonly at: number
}

export function opcodeOf(flags: number): number {
  return (flags >> 11) & 15
}

export function withOpcode(flags: number, opcode: number): number {
  return (flags & ~0x7800) | (opcode << 11)
}

/** @returns the whole rcode: four bits of the header, eight of the OPT record (RFC 6891 6.1.3) */
export function rcodeOf(message: Message): number {
  const opt = message.additionals.find((record) => record.type === TYPE.OPT)
  return (message.flags & 15) | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4)
}

/**
 * Reads a whole message; its size bounds the work, since names are at most 255 octets and pointers go backwards.
 * Names in rdata are uncompressed; rdata that is not sound for its type makes the message unsound.
 */
export function decodeMessage(message: Uint8Array): Message | MessageProblem {
  if (message.length < HEADER_OCTETS) return { problem: 'It is shorter than a header.', at: message.length }
  const counts = [4, 6, 8, 10].map((at) => (message[at]! << 8) | message[at + 1]!) as [number, number, number, number]
  const reader = new MessageReader(message)
  const questions = reader.questions(counts[0])
  const answers = reader.records(counts[1])
  const authorities = reader.records(counts[2])
  const additionals = reader.records(counts[3])
  if (reader.problem === undefined && reader.at !== message.length) reader.fail('Octets follow the last record.')
  if (reader.problem !== undefined) return { problem: reader.problem, at: reader.at }
  return {
    id: (message[0]! << 8) | message[1]!,
    flags: (message[2]! << 8) | message[3]!,
    questions,
    answers,
    authorities,
    additionals,
  }
}

/** Reads the sections one after the other; after the first problem nothing more is read. */
class MessageReader {
  at = HEADER_OCTETS
  problem: string | undefined
  private readonly message: Uint8Array
  private readonly update: boolean

  constructor(message: Uint8Array) {
    this.message = message
    this.update = ((message[2]! >> 3) & 15) === OPCODE.UPDATE
  }

  fail(problem: string): undefined {
    this.problem ??= problem
    return undefined
  }

  questions(count: number): Question[] {
    const questions: Question[] = []
    for (let i = 0; i < count && this.problem === undefined; i++) {
      const read = this.name()
      if (read === undefined) break
      if (read.end + 4 > this.message.length) this.fail('A question is cut short.')
      else {
        questions.push({ name: read.name, type: this.uint16(read.end), class: this.uint16(read.end + 2) })
        this.at = read.end + 4
      }
    }
    return questions
  }

  records(count: number): ResourceRecord[] {
    const records: ResourceRecord[] = []
    for (let i = 0; i < count && this.problem === undefined; i++) {
      const record = this.record()
      if (record !== undefined) records.push(record)
    }
    return records
  }

  private record(): ResourceRecord | undefined {
    const read = this.name()
    if (read === undefined) return undefined
    const { message } = this
    const fixed = read.end
    const from = fixed + 10
    if (from > message.length) return this.fail('A record is cut short.')
    const type = this.uint16(fixed)
    const class_ = this.uint16(fixed + 2)
    const end = from + this.uint16(fixed + 8)
    if (end > message.length) return this.fail('A record is longer than the message.')
    // RFC 2136 2.4, 2.5: prerequisites and deletions name a set, or everything, and have no rdata.
    const bare = end === from && this.update && class_ !== CLASS.IN
    const rdata = bare ? new Uint8Array(0) : readRdata(type, message, from, end)
    if (rdata === undefined) return this.fail('The data of a record are not sound for its type.')
    this.at = end
    const ttl = this.uint16(fixed + 4) * 65536 + this.uint16(fixed + 6)
    return { name: read.name, type, class: class_, ttl, rdata }
  }

  private name(): NameRead | undefined {
    return readName(this.message, this.at) ?? this.fail('A name is cut short, too long, or points forwards.')
  }

  private uint16(at: number): number {
    return (this.message[at]! << 8) | this.message[at + 1]!
  }
}

/** Writes a whole message with compressed names (RFC 1035 4.1.4). @returns undefined: it exceeds 65535 octets */
export function encodeMessage(message: Message): Uint8Array | undefined {
  const writer = new MessageWriter()
  writer.begin(message.id, message.flags)
  const whole =
    message.questions.every((question) => writer.question(question)) &&
    message.answers.every((record) => writer.record('answer', record)) &&
    message.authorities.every((record) => writer.record('authority', record)) &&
    message.additionals.every((record) => writer.record('additional', record))
  return whole ? writer.octets() : undefined
}

/** Makes the response to a request that is refused: its question, nothing else (RFC 1035 4.1.1: ID, opcode and RD are copied). */
export function refusal(request: Message, rcode: number): Message {
  const { id, questions } = request
  const kept = request.flags & 0x7900 // opcode and RD
  return {
    id,
    flags: 0x8000 | kept | (rcode & 15),
    questions: rcode === RCODE.FORMERR ? questions.slice(0, 1) : questions,
    answers: [],
    authorities: [],
    additionals: [],
  }
}
