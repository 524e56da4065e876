/**
 * Zones that live in the database: import, export, change, remove.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Accepted } from '../../control/index.ts'
import { tell } from './changes.ts'
import { examples } from './views.ts'

interface KeptZone {
  readonly name: string
  readonly serial: number
  readonly records: number
  readonly text: string
  readonly grants: readonly Grant[]
}

interface Grant {
  readonly key: string
  readonly below: readonly string[]
  readonly types: readonly string[]
}

const pathOf = (zone: string, rest: string): string => `/v1/zones/${encodeURIComponent(zone)}/${rest}`
const repeat = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]

export function addKeptZoneCommands(program: Command, act: Act): void {
  const zone = program.command('zone').description('zones that live in the database, not in files')
  zone
    .command('import <file>')
    .description('create or replace a zone from a master file')
    .option('--zone <name>', "the zone's name; default: the file's name without .zone")
    .option('--update <grant>', 'KEY[:NAME[:TYPE,...]]: a TSIG key that may update it, all or below NAME (repeatable)', repeat)
    .addHelpText(
      'after',
      examples([
        'meridian zone import dyn.example.com.zone',
        'meridian zone import acme.zone --zone example.com --update certbot:_acme-challenge:TXT',
      ]),
    )
    .action(
      act(async (context: Context, file: string, options: { readonly zone?: string; readonly update?: readonly string[] }) => {
        const name = options.zone ?? basename(file).replace(/\.zone$/, '')
        const text = readText(file)
        const grants = options.update?.map(readGrant)
        const body = grants === undefined ? { text } : { text, grants }
        tell(context, await context.api().send<Accepted>('PUT', pathOf(name, 'file'), body))
      }),
    )
  zone
    .command('export <zone>')
    .description('print a zone of the database as a master file')
    .addHelpText('after', examples(['meridian zone export dyn.example.com > dyn.example.com.zone']))
    .action(
      act(async (context: Context, name: string) => {
        const kept = await context.api().get<KeptZone>(pathOf(name, 'file'))
        context.print(kept, () => kept.text.trimEnd())
      }),
    )
  zone
    .command('add <zone> <name> <type> <data...>')
    .description('add a record')
    .option('--ttl <seconds>', 'time to live', '300')
    .addHelpText('after', examples(['meridian zone add dyn.example.com printer A 192.0.2.7 --ttl 60']))
    .action(
      act(
        async (
          context: Context,
          name: string,
          owner: string,
          type: string,
          data: readonly string[],
          options: { readonly ttl: string },
        ) => {
          const add = [{ name: owner, type, ttl: Number(options.ttl), data: data.join(' ') }]
          tell(context, await context.api().send<Accepted>('POST', pathOf(name, 'records'), { add }))
        },
      ),
    )
  zone
    .command('delete <zone> <name> [type] [data...]')
    .description('delete records: all of a name, of a type, or one')
    .addHelpText('after', examples(['meridian zone delete dyn.example.com printer', 'meridian zone delete dyn.example.com printer A 192.0.2.7']))
    .action(
      act(async (context: Context, name: string, owner: string, type: string | undefined, data: readonly string[]) => {
        const one = {
          name: owner,
          ...(type === undefined ? {} : { type }),
          ...(data.length === 0 ? {} : { data: data.join(' ') }),
        }
        tell(context, await context.api().send<Accepted>('POST', pathOf(name, 'records'), { remove: [one] }))
      }),
    )
  zone
    .command('remove <zone>')
    .description('take a zone out of the database')
    .option('--force', 'although records of it are steered')
    .addHelpText('after', examples(['meridian zone remove dyn.example.com']))
    .action(
      act(async (context: Context, name: string, options: { readonly force?: boolean }) => {
        const query = options.force === true ? '?force=true' : ''
        tell(context, await context.api().send<Accepted>('DELETE', `${pathOf(name, 'file')}${query}`))
      }),
    )
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(`${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}.`, { exit: EXIT.usage })
  }
}

/** KEY, KEY:NAME or KEY:NAME:TYPE,TYPE */
function readGrant(text: string): Grant {
  const [key, name, types] = text.split(':')
  return {
    key: key!,
    below: name === undefined || name === '' ? [] : [name],
    types: types === undefined || types === '' ? [] : types.split(','),
  }
}
