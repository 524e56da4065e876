/**
 * `serve`: its options are the keys of meridian.yaml.
 */
import type { Command } from 'commander'
import { SETTINGS_KEYS } from '../../loader/index.ts'
import type { Act, Context } from '../context.ts'
import { examples } from './examples.ts'

const repeat = (text: string, before: readonly string[] = []): string[] => [...before, text]

export function addServeCommand(program: Command, act: Act): void {
  const serve = program
    .command('serve')
    .description('run the name server')
    .option('--config <file>', 'settings (default ./meridian.yaml, if there is one)')
    .option('--replace', 'take over from the server that runs on the same addresses, losing no query')
    .addHelpText(
      'after',
      `\nEach option is a key of meridian.yaml too, and an environment variable: --log-level is MERIDIAN_LOG_LEVEL.\n${examples(
        [
          'meridian serve --config /etc/meridian/meridian.yaml',
          'meridian serve --listen 0.0.0.0:53 --listen [::]:53 --zones /etc/meridian/zones',
        ],
      )}`,
    )
  for (const key of SETTINGS_KEYS) {
    // --api is the program's own option: where the API is, for the server and its clients.
    if (key.flag === 'api') continue
    const flags = `--${key.flag} <${key.value.toLowerCase()}>`
    if (key.kind === 'list') serve.option(flags, key.help, repeat)
    else serve.option(flags, key.help)
  }
  serve.action(
    act(async (context: Context, options: Record<string, string | string[] | boolean>) => {
      const flags: Record<string, string | string[]> = {}
      for (const key of SETTINGS_KEYS) {
        const camel = key.flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
        const value = key.flag === 'api' ? context.options.api : options[camel]
        if (typeof value === 'string' || Array.isArray(value)) flags[key.flag] = value
      }
      const config = options.config
      return context.ports.serve({
        config: typeof config === 'string' ? config : undefined,
        flags,
        replace: options.replace === true,
      })
    }),
  )
}
