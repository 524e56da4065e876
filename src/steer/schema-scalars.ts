/**
 * What the schema of a steering file is made of: scalars whose `error` is a noun phrase ("timeout must be <noun>, not <value>"), and mappings.
 */
import { z } from 'zod'
import { parseDurationMs, parseIpv4, parseIpv6 } from '../base/index.ts'
import { parsePercent } from './scalars.ts'

type Test = (text: string) => boolean

export function scalar(noun: string, test: Test, about?: string) {
  return z
    .string({ error: noun })
    .refine(test, { error: noun })
    .describe(about ?? noun)
}

export function integer(noun: string, min: number, max: number, about?: string) {
  return z
    .int({ error: noun })
    .min(min, { error: noun })
    .max(max, { error: noun })
    .describe(about ?? noun)
}

export function between(noun: string, min: number, max: number) {
  return z.number({ error: noun }).min(min, { error: noun }).max(max, { error: noun })
}

export const one = <const T extends readonly string[]>(values: T, about: string) =>
  z.enum(values, { error: `one of ${values.join(', ')}` }).describe(about)

export const flag = (about: string) => z.boolean({ error: 'true or false' }).describe(about)
export const text = (noun: string) => z.string({ error: noun }).min(1, { error: noun }).describe(noun)
export const mapping = <T extends z.ZodRawShape>(shape: T, about: string) =>
  z.strictObject(shape, { error: 'a mapping of keys' }).describe(about)

/** One value, or a list of them. */
export const oneOrMore = <T extends z.ZodType>(item: T, noun: string) =>
  z.union([item, z.array(item, { error: noun }).min(1, { error: noun })])

export const duration = (about: string) =>
  scalar('a duration such as 500ms, 5s, 10m, 1h or 7d', (t) => parseDurationMs(t) !== undefined, about)
export const percent = (about: string) =>
  scalar('a percentage from 0% to 100%', (t) => parsePercent(t) !== undefined, about)
export const port = (about: string) => integer('a port number from 1 to 65535', 1, 65535, about)
export const ipv4 = scalar('an IPv4 address such as 192.0.2.1', (t) => parseIpv4(t) !== undefined)
export const ipv6 = scalar('an IPv6 address such as 2001:db8::1', (t) => parseIpv6(t) !== undefined)
export const nodeName = text('the name of a node')
export const poolName = text('the name of a pool')
export const checkName = text('the name of a check')
