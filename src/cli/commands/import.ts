/**
 * Zones of other name servers, as files for Meridian, with a report of what could not be carried over. Reads and writes files; no
 * server is asked.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Argument, type Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import type { ImportedFiles } from '../import/draft.ts'
import { importGdnsd } from '../import/gdnsd.ts'
import { importGeodns } from '../import/geodns.ts'
import { importOctodns } from '../import/octodns.ts'
import { examples } from './examples.ts'

const FORMATS = ['gdnsd', 'geodns', 'octodns'] as const

interface ImportOptions {
  readonly out: string
  readonly force?: boolean
}

export function addImportCommand(program: Command, act: Act): void {
  program
    .command('import')
    .addArgument(new Argument('<format>', 'whose files').choices(FORMATS))
    .argument(
      '<files...>',
      'geodns: ZONE.json ...; octodns: ZONE.yaml ...; gdnsd: the configuration, then its zone files',
    )
    .description('zones of other name servers as files for this one, with a report of what could not be carried over')
    .option('--out <folder>', 'write them there', 'imported')
    .option('--force', 'over files that are there')
    .addHelpText(
      'after',
      examples([
        'meridian import gdnsd /etc/gdnsd/config /etc/gdnsd/zones/example.com',
        'meridian import geodns dns/example.com.json --out zones',
        'meridian import octodns config/example.com.yaml && meridian check imported',
      ]),
    )
    .action(act(importFiles))
}

function importFiles(context: Context, format: string, files: readonly string[], options: ImportOptions): number {
  const imported = convert(format, files)
  const written: string[] = []
  mkdirSync(options.out, { recursive: true })
  for (const zone of imported) {
    const parts = [
      [`${zone.zone}.zone`, zone.master],
      [`${zone.zone}.yaml`, zone.steering],
    ] as const
    for (const [name, text] of parts) {
      if (text === undefined) continue
      const path = join(options.out, name)
      if (existsSync(path) && options.force !== true)
        throw new Failure(`${path} exists already.`, { advice: 'Name another folder with --out, or add --force.' })
      writeFileSync(path, text)
      written.push(path)
    }
  }
  context.print({ written, zones: imported.map(({ zone, report }) => ({ zone, report })) }, () =>
    [
      ...written.map((path) => `wrote ${path}`),
      ...imported.flatMap(({ zone, report }) =>
        report.length === 0
          ? [`${zone}: everything was carried over`]
          : [`${zone}: to be looked at`, ...report.map((sentence) => `  ${sentence}`)],
      ),
      `Next: meridian check ${options.out}`,
    ].join('\n'),
  )
  return EXIT.done
}

function convert(format: string, files: readonly string[]): ImportedFiles[] {
  try {
    if (format === 'gdnsd') {
      const [config = '', ...zones] = files
      if (zones.length === 0)
        throw new Failure('Name the zone files behind the configuration.', {
          exit: EXIT.usage,
          advice: 'meridian import gdnsd CONFIG ZONEFILE...',
        })
      return importGdnsd({
        config: readText(config),
        configFile: config,
        zones: zones.map((file) => ({ name: zoneOf(file), text: readText(file), file })),
      })
    }
    const convertOne = format === 'geodns' ? importGeodns : importOctodns
    return files.map((file) => convertOne(zoneOf(file), readText(file), file))
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure((error as Error).message)
  }
}

/** The zone is the file's name: example.com.json, example.com.yaml, example.com */
const zoneOf = (file: string): string => basename(file).replace(/\.(json|ya?ml|zone)$/, '')

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}.`)
  }
}
