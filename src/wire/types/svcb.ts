/**
 * SVCB: how to reach a service, with what protocols, ports and address hints (RFC 9460 2).
 *
 *     priority 2 | target (never compressed) | parameters        1 svc.example. alpn=h2,h3 port=8443
 *
 * Priority 0 is AliasMode: the target alone counts; parameters should not be there and are ignored (2.4.2): src/zone/check warns.
 * A target of `.` is the owner itself.
 */
import { TYPE } from '../codes.ts'
import { nameOctets, printName } from '../name.ts'
import type { FieldReader, RdataWriter, RecordType } from '../rdata.ts'
import {
  keysOf,
  parseSvcParam,
  printSvcParam,
  SVC_PARAM,
  type SvcParam,
  svcKeyName,
  validSvcParam,
} from '../svcb-params.ts'

export const SVCB = serviceBinding(TYPE.SVCB, 'SVCB')

/** Makes SVCB, and the types that are SVCB under another number. */
export function serviceBinding(code: number, mnemonic: string): RecordType {
  return {
    code,
    mnemonic,
    parse,
    print(rdata) {
      const priority = (rdata[0]! << 8) | rdata[1]!
      const params = readParams(rdata) ?? []
      return [String(priority), printName(rdata, 2), ...params.map(printSvcParam)].join(' ')
    },
    check(rdata) {
      const params = readParams(rdata)
      return params?.every(validSvcParam) === true && inconsistency(params) === undefined
    },
    names: () => [{ at: 2, compressible: false }],
    additional: (rdata) => (rdata[2] === 0 ? -1 : 2),
  }
}

function parse(fields: FieldReader, out: RdataWriter): void {
  const priority = fields.integer('priority', 0, 65535)
  out.uint16(priority)
  out.bytes(fields.name('target'))
  const params: SvcParam[] = []
  while (fields.more()) {
    const token = fields.field('parameter')
    const param = parseSvcParam(token)
    if (typeof param === 'string') fields.fail(param)
    const { key, value } = param as SvcParam
    if (params.some((other) => other.key === key)) fields.fail(`the parameter ${svcKeyName(key)} stands here twice.`)
    params.push({ key, value })
  }
  const wrong = inconsistency(params)
  if (wrong !== undefined) fields.fail(wrong)
  for (const { key, value } of params.sort((a, b) => a.key - b.key)) {
    out.uint16(key)
    out.uint16(value.length)
    out.bytes(value)
  }
}

/** @returns the parameters; undefined: cut short, or not ascending */
function readParams(rdata: Uint8Array): SvcParam[] | undefined {
  const target = rdata.length > 2 ? nameOctets(rdata, 2) : -1
  if (target < 0) return undefined
  const params: SvcParam[] = []
  let at = 2 + target
  let last = -1
  while (at < rdata.length) {
    if (at + 4 > rdata.length) return undefined
    const key = (rdata[at]! << 8) | rdata[at + 1]!
    const past = at + 4 + ((rdata[at + 2]! << 8) | rdata[at + 3]!)
    if (key <= last || past > rdata.length) return undefined
    params.push({ key, value: rdata.subarray(at + 4, past) })
    last = key
    at = past
  }
  return params
}

/** RFC 9460 2.4.3, 7.1.1, 8: what one parameter says of the others must be true. @returns a sentence, or undefined */
function inconsistency(params: readonly SvcParam[]): string | undefined {
  const keys = new Set(params.map(({ key }) => key))
  const mandatory = params.find(({ key }) => key === SVC_PARAM.mandatory)
  const missing = mandatory === undefined ? undefined : keysOf(mandatory.value).find((key) => !keys.has(key))
  if (missing !== undefined) return `mandatory names ${svcKeyName(missing)}, which is not there.`
  if (keys.has(SVC_PARAM['no-default-alpn']) && !keys.has(SVC_PARAM.alpn))
    return 'no-default-alpn wants an alpn beside it.'
  return undefined
}
