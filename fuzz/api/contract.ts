/** What the OpenAPI document says can be asked. */
import type { Schema } from './samples.ts'

export interface Operation {
  readonly method: string
  /** with {name} for parameters */
  readonly path: string
  readonly query: readonly { readonly name: string; readonly required: boolean; readonly schema: Schema }[]
  readonly body: Schema | undefined
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
interface DocumentedOperation {
  readonly parameters?: readonly {
    readonly in: string
    readonly name: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export interface Contract {
  readonly operations: readonly Operation[]
  readonly schemas: Readonly<Record<string, Schema>>
}

/** Paths that stand in no document: they need no token. */
const PLAIN = ['/livez', '/readyz', '/metrics', '/v1/openapi.json']

export function contractOf(document: unknown): Contract {
  const { paths, components } = document as Document
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, one]): Operation => ({
        method: method.toUpperCase(),
        path,
        query: (one.parameters ?? [])
          .filter((parameter) => parameter.in === 'query')
          .map(({ name, required, schema }) => ({ name, required: required === true, schema })),
        body: one.requestBody?.content['application/json']?.schema,
      }),
    ),
  )
  const plain = PLAIN.map((path): Operation => ({ method: 'GET', path, query: [], body: undefined }))
  return { operations: [...documented, ...plain], schemas: components.schemas }
}
