/**
 * Zones kept in the server's database: brought in from a master file, changed record by record, granted to TSIG keys so that nsupdate,
 * certbot and lego may update them. Zones of files are changed in their files.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { KeptDone, KeptZone } from '../../transfer/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import { printTable } from '../table.ts'
import { examples } from './examples.ts'
import { list } from './views.ts'

type Grant = KeptZone['grants'][number]

interface Why {
  readonly reason?: string
}

interface GrantFlags extends Why {
  readonly key: string
  readonly under?: string
  readonly label?: string
  readonly type?: readonly string[]
  readonly acme?: boolean
}

const repeat = (text: string, before: readonly string[] = []): string[] => [...before, text]
const ttl = (text: string): string => {
  if (!/^(\d+|(\d+[smhdw])+)$/i.test(text)) throw new InvalidArgumentError('Write it as 300, 5m or 1h.')
  return text
}
const pathOf = (zone: string, part = ''): string => `/v1/kept-zones/${encodeURIComponent(zone)}${part}`

export function addZoneCommands(program: Command, act: Act): void {
  const zone = program
    .command('zone')
    .description('zones kept in the database: import, print, add, delete, grant, remove')
    .addHelpText(
      'after',
      examples(['meridian zone import example.com.zone', 'meridian zone grant example.com --key certbot --acme']),
    )

  zone
    .command('list')
    .description('the zones, and which keys may update them')
    .action(
      act(async (context: Context) => {
        const zones = await list<KeptZone>(context, '/v1/kept-zones', 'zones')
        context.print(zones, () =>
          printTable(
            context.terminal,
            [
              { title: 'zone', cell: (each) => each.zone },
              { title: 'serial', cell: (each) => String(each.serial), right: true },
              { title: 'records', cell: (each) => String(each.records), right: true },
              { title: 'updated by', cell: (each) => each.grants.map(printGrant).join('; ') || 'the API alone' },
            ],
            zones,
            'No zones in the database. `meridian zone import FILE` brings one in.',
          ),
        )
      }),
    )

  zone
    .command('import <file>')
    .description('create a zone from a master file, or replace it')
    .option('--zone <name>', "the zone's name (default: the file's name without .zone)")
    .option('--reason <text>', 'why, for the journal')
    .addHelpText(
      'after',
      examples(['meridian zone import example.com.zone', 'meridian zone import db.example --zone example.com']),
    )
    .action(
      act(async (context: Context, file: string, options: Why & { readonly zone?: string }) => {
        const name = options.zone ?? basename(file).replace(/\.zone$/, '')
        let text: string
        try {
          text = readFileSync(file, 'utf8')
        } catch (error) {
          throw new Failure(`${file} cannot be read: ${(error as Error).message}.`)
        }
        return told(
          context,
          await context.api().send<KeptDone>('PUT', pathOf(name), { file: text, reason: options.reason }),
        )
      }),
    )

  zone
    .command('print <zone>')
    .description('the zone as a master file')
    .addHelpText('after', examples(['meridian zone print example.com > example.com.zone']))
    .action(
      act(async (context: Context, name: string) => {
        const text = Buffer.from(await context.api().download(pathOf(name, '/file'))).toString('utf8')
        context.print({ zone: name, file: text }, () => text.trimEnd())
      }),
    )

  zone
    .command('add <zone> <name> <type> <data...>')
    .description('put a record in')
    .option('--ttl <ttl>', 'its time to live (default 300)', ttl)
    .option('--reason <text>', 'why, for the journal')
    .addHelpText(
      'after',
      examples([
        'meridian zone add example.com www A 192.0.2.1',
        'meridian zone add example.com @ TXT \'"v=spf1 -all"\' --ttl 1h',
      ]),
    )
    .action(
      act(
        async (
          context: Context,
          name: string,
          owner: string,
          type: string,
          data: string[],
          options: Why & { readonly ttl?: string },
        ) => {
          const add = [{ name: owner, type, ttl: options.ttl, data: data.join(' ') }]
          return change(context, name, { add, reason: options.reason })
        },
      ),
    )

  zone
    .command('delete <zone> <name> <type> <data...>')
    .description('take a record out')
    .option('--reason <text>', 'why, for the journal')
    .addHelpText('after', examples(['meridian zone delete example.com www A 192.0.2.1']))
    .action(
      act(async (context: Context, name: string, owner: string, type: string, data: string[], { reason }: Why) => {
        const remove = [{ name: owner, type, data: data.join(' ') }]
        return change(context, name, { remove, reason })
      }),
    )

  zone
    .command('grant <zone>')
    .description('let a TSIG key of the settings update the zone, or parts of it')
    .requiredOption('--key <name>', 'the key')
    .option('--acme', 'only what ACME clients need: TXT records of _acme-challenge names')
    .option('--under <name>', 'only at or below this name')
    .option('--label <label>', 'only names that begin with this label')
    .option('--type <type>', 'only records of this type (repeatable)', repeat)
    .option('--reason <text>', 'why, for the journal')
    .addHelpText(
      'after',
      examples([
        'meridian zone grant example.com --key certbot --acme',
        'meridian zone grant example.com --key dhcp --under dyn.example.com',
      ]),
    )
    .action(
      act(async (context: Context, name: string, options: GrantFlags) => {
        const { grants } = await find(context, name)
        return setGrants(context, name, [...grants, grantOf(options)], options.reason)
      }),
    )

  zone
    .command('revoke <zone>')
    .description('take from a key everything that it was granted')
    .requiredOption('--key <name>', 'the key')
    .option('--reason <text>', 'why, for the journal')
    .action(
      act(async (context: Context, name: string, options: Why & { readonly key: string }) => {
        const { grants } = await find(context, name)
        const key = absolute(options.key)
        if (!grants.some((grant) => grant.key === key)) throw new Failure(`Key ${key} was granted nothing in ${name}.`)
        return setGrants(
          context,
          name,
          grants.filter((grant) => grant.key !== key),
          options.reason,
        )
      }),
    )

  zone
    .command('remove <zone>')
    .description('remove the zone and all its records')
    .option('--reason <text>', 'why, for the journal')
    .action(
      act(async (context: Context, name: string, { reason }: Why) => {
        const query = reason === undefined ? '' : `?${new URLSearchParams({ reason })}`
        return told(context, await context.api().send<KeptDone>('DELETE', pathOf(name, query)))
      }),
    )
}

function told(context: Context, done: KeptDone): number {
  context.print(done, () => done.message)
  return EXIT.done
}

async function change(context: Context, zone: string, changes: object): Promise<number> {
  return told(context, await context.api().send<KeptDone>('PATCH', pathOf(zone, '/records'), changes))
}

async function setGrants(
  context: Context,
  zone: string,
  grants: readonly Grant[],
  reason: string | undefined,
): Promise<number> {
  return told(context, await context.api().send<KeptDone>('PUT', pathOf(zone, '/grants'), { grants, reason }))
}

async function find(context: Context, name: string): Promise<KeptZone> {
  const zones = await list<KeptZone>(context, '/v1/kept-zones', 'zones')
  const zone = zones.find((each) => each.zone === absolute(name))
  if (zone === undefined)
    throw new Failure(`There is no zone ${name} in the database.`, { advice: 'See meridian zone list.' })
  return zone
}

function absolute(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`
}

function grantOf({ key, under, label, type, acme }: GrantFlags): Grant {
  const types = acme === true ? ['TXT'] : type
  return {
    key: absolute(key),
    ...(under !== undefined && { under: absolute(under) }),
    ...(acme === true ? { label: '_acme-challenge' } : label !== undefined && { label }),
    ...(types !== undefined && { types }),
  }
}

function printGrant({ key, under, label, types }: Grant): string {
  const names = [label === undefined ? '' : ` ${label}.*`, under === undefined ? '' : ` below ${under}`].join('')
  return `${key}${names}${types === undefined ? '' : ` ${types.join(',')}`}`
}
