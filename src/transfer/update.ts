/**
 * A dynamic update as a message (RFC 2136 2, 3.1): its sections are read and checked here; what it means, and who may, is the
 * business of the zone's keeper.
 */
import { printAddress } from '../base/index.ts'
import { CLASS, EDE, lowerName, type Message, printName, RCODE, type ResourceRecord, TYPE } from '../wire/index.ts'
import type { UpdateRecord } from '../zone/index.ts'
import type { Asker, TransferPorts } from './ports.ts'
import type { Reply } from './reply.ts'

export async function answerUpdate(ports: TransferPorts, message: Message, reply: Reply, asker: Asker): Promise<void> {
  const [zone] = message.questions
  // RFC 2136 3.1.1: one zone, asked for by its SOA.
  if (message.questions.length !== 1 || zone === undefined || zone.type !== TYPE.SOA) {
    await reply.answer(message, { rcode: RCODE.FORMERR })
    return
  }
  const name = lowerName(zone.name)
  if (zone.class !== CLASS.IN) {
    await reply.answer(message, { rcode: RCODE.NOTAUTH })
    return
  }
  const { rcode, why } = await ports.update(
    name,
    message.answers.map(updateRecord),
    message.authorities.map(updateRecord),
    asker,
  )
  const details = { zone: printName(name), peer: printAddress(asker.address), key: asker.key, rcode, why }
  ports.log.info(details, rcode === RCODE.NOERROR ? 'zone updated' : 'update refused')
  await reply.answer(message, {
    rcode,
    ...(why !== undefined && { extendedError: { code: EDE.PROHIBITED, text: why } }),
  })
}

function updateRecord({ name, type, class: class_, ttl, rdata }: ResourceRecord): UpdateRecord {
  return { owner: name, type, class: class_, ttl, rdata }
}
