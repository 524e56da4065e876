/**
 * Reload and plan, tokens, backup.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from '@hono/zod-openapi'
import { BY_ITSELF, BY_LEASE, type Token } from '../control/index.ts'
import { exportText } from '../steer/index.ts'
import { requireUnlimited } from './access.ts'
import { makeToken } from './bearer.ts'
import type { ApiPorts } from './ports.ts'
import { Problem } from './problem.ts'
import { type Router, route } from './route.ts'
import { Name, OutcomeSchema } from './schemas.ts'
import { PlanSchema, ReloadBody, TokenBody, TokenSchema } from './schemas-server.ts'
import type { Traffic } from './traffic.ts'
import { accepted, iso } from './words.ts'

const NewTokenSchema = TokenSchema.extend({ token: z.string() }).openapi('NewToken')

/** Authors in the journal that are no person. */
const RESERVED: ReadonlySet<string> = new Set([BY_ITSELF.author, BY_LEASE.author, 'anonymous', 'files', 'SIGHUP'])

export function adminRoutes(router: Router, traffic: Traffic): void {
  const { ports } = router
  const { control } = ports
  const tag = 'server'
  route(
    router,
    {
      method: 'post',
      path: '/v1/reload',
      role: 'operator',
      tag,
      summary: 'Read the files again: all are taken up, or none is',
      body: ReloadBody,
      returns: OutcomeSchema,
    },
    async ({ body, identity }) => {
      requireUnlimited(identity)
      return accepted(await control.reload(identity.by, { force: body.force, confirmWithinMs: body.confirm_within }))
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/reload/confirm',
      role: 'operator',
      tag,
      summary: 'What was reloaded with confirm_within stays',
      returns: OutcomeSchema,
    },
    ({ identity }) => {
      requireUnlimited(identity)
      return accepted(control.confirmReload(identity.by))
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/plan',
      role: 'viewer',
      tag,
      summary: 'What a reload would do now',
      returns: PlanSchema,
    },
    async () => {
      const planned = await control.plan()
      if ('plan' in planned) return traffic.weigh(planned.plan)
      throw new Problem('invalid', 'The files have issues; a reload would change nothing.', {
        issues: planned.issues,
      })
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/backup',
      role: 'admin',
      tag,
      summary: "Copy the database into a new file on the server's disk, while it runs",
      body: z.strictObject({ file: z.string().min(1).max(4096) }).openapi('BackupBody'),
      returns: z.object({ file: z.string(), octets: z.number() }),
    },
    async ({ body, identity }) => {
      requireUnlimited(identity)
      const done = await ports.backup(body.file)
      if (!done.ok) throw new Problem('conflict', done.message)
      return done.value
    },
  )

  route(
    router,
    {
      method: 'get',
      path: '/v1/backup',
      role: 'admin',
      tag,
      summary: 'The database as one consistent file, while the server runs',
      returns: z.string(),
      media: 'application/vnd.sqlite3',
    },
    async ({ identity }) => {
      requireUnlimited(identity)
      return downloadBackup(ports)
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/export',
      role: 'viewer',
      tag,
      summary:
        'The declared and the added state as steering files that load; several are YAML documents one after the other',
      returns: z.string(),
      media: 'application/yaml',
    },
    () => {
      const text = `# exported by Meridian ${ports.version}, generation ${control.generation()}\n${exportText(control.steering())}`
      return new Response(text, { headers: { 'content-type': 'application/yaml', 'cache-control': 'no-store' } })
    },
  )

  route(
    router,
    {
      method: 'get',
      path: '/v1/tokens',
      role: 'admin',
      tag: 'tokens',
      summary: 'All tokens, without their secrets',
      returns: z.array(TokenSchema),
    },
    ({ identity }) => {
      requireUnlimited(identity)
      return control.tokens().map(viewToken)
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/tokens',
      role: 'admin',
      tag: 'tokens',
      summary: 'Create a token; its text is shown this once',
      body: TokenBody,
      returns: NewTokenSchema,
    },
    ({ body, identity }) => {
      requireUnlimited(identity)
      if (RESERVED.has(body.name))
        throw new Problem('conflict', `${body.name} is how the journal calls the server itself; take another name.`)
      if (control.tokens().some((token) => token.name === body.name))
        throw new Problem('conflict', `There is a token named ${body.name} already.`, {
          advice: 'Revoke it first, or take another name.',
        })
      const made = makeToken({
        name: body.name,
        role: body.role,
        scope: body.scope,
        createdBy: identity.by.author,
        nowMs: ports.now(),
        expiresMs: body.expires === undefined ? undefined : ports.now() + body.expires,
      })
      accepted(control.putToken(identity.by, made.token))
      return { ...viewToken(made.token), token: made.text }
    },
  )
  route(
    router,
    {
      method: 'delete',
      path: '/v1/tokens/{token}',
      role: 'admin',
      tag: 'tokens',
      summary: 'Revoke a token, by id or name',
      params: z.object({ token: Name }),
      returns: OutcomeSchema,
    },
    ({ params, identity }) => {
      requireUnlimited(identity)
      return accepted(control.revokeToken(identity.by, params.token))
    },
  )
}

/** Backs up into a folder of its own, and sends the file from there. */
async function downloadBackup(ports: ApiPorts): Promise<Response> {
  // The copy holds hashes of tokens and the journal: nobody else may read it on its way.
  const folder = mkdtempSync(join(tmpdir(), 'meridian-backup-'))
  const file = join(folder, 'meridian.db')
  const clear = (): void => rmSync(folder, { recursive: true, force: true })
  const done = await ports.backup(file)
  if (!done.ok) {
    clear()
    throw new Problem('internal', done.message)
  }
  const stream = createReadStream(file)
  stream.once('close', clear)
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'application/vnd.sqlite3',
      'content-length': String(done.value.octets),
      'content-disposition': 'attachment; filename="meridian.db"',
      'cache-control': 'no-store',
    },
  })
}

function viewToken(token: Token): z.input<typeof TokenSchema> {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    scope: token.scope,
    created: iso(token.createdMs),
    createdBy: token.createdBy,
    expires: token.expiresMs === undefined ? null : iso(token.expiresMs),
  }
}
