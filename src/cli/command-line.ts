/**
 * The command line: one program, a command each; what goes wrong becomes sentences on standard error and an exit code.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { openApi } from './api-connection.ts'
import { examples } from './commands/examples.ts'
import type { Act, CommandPorts, Context, GlobalOptions, Handler } from './context.ts'
import { EXIT, Failure } from './failure.ts'
import { createTerminal, type Terminal } from './terminal.ts'

export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/**
 * Runs one command.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 refused by a safety rule
 */
export async function runCommandLine(
  args: readonly string[],
  ports: CommandPorts,
  terminal: Terminal = createTerminal(),
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  let exit: number = EXIT.done
  const act: Act =
    <Args extends unknown[]>(handler: Handler<Args>) =>
    async (...all: [...Args, Command]) => {
      const command = all.at(-1) as Command
      const options = command.optsWithGlobals<GlobalOptions>()
      const context = createContext(ports, terminal, environment, options)
      try {
        exit = (await handler(context, ...(all.slice(0, -1) as Args))) ?? EXIT.done
      } catch (error) {
        terminal.progress('')
        exit = tellFailure(context, error)
      }
    }
  try {
    await createProgram(act, terminal, await commandsFor(args)).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and --version end this way too, with 0.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  return exit
}

type AddCommands = (program: Command, act: Act) => void

/** All of them; but who starts the server waits for its answers, not for what other commands are made of. */
async function commandsFor(args: readonly string[]): Promise<readonly AddCommands[]> {
  if (args[0] === 'serve') return [(await import('./commands/serve.ts')).addServeCommand]
  return (await import('./commands/all.ts')).ALL_COMMANDS
}

function createProgram(act: Act, terminal: Terminal, commands: readonly AddCommands[]): Command {
  const program = new Command('meridian')
    .description('An authoritative Geo-DNS name server with a health checker.')
    .version(VERSION)
    .option('--json', 'print JSON')
    .option('--api <url>', 'where the API is: http://127.0.0.1:8053, unix:/PATH (or MERIDIAN_API)')
    .option('--token <token>', 'API token (or MERIDIAN_TOKEN; data/admin.token of the server on this machine)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
    })
    .showHelpAfterError('(meridian help COMMAND tells more)')
    .addHelpText(
      'after',
      `${examples([
        'meridian serve                                   run the name server',
        'meridian check                                   before a reload: every issue of every file',
        'meridian status --watch                          what it answers with, and what is wrong',
        'meridian drain de-1 --reason "disk swap" --wait  out of the answers; returns when it may be stopped',
        'meridian explain www.portal.example --client 192.0.2.1',
      ])}\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a safety rule (--force does it all the same).\n`,
    )
  for (const add of commands) add(program, act)
  return program
}

function createContext(
  ports: CommandPorts,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
  options: GlobalOptions,
): Context {
  let api: ReturnType<typeof openApi> | undefined
  return {
    terminal,
    environment,
    ports,
    options,
    json: options.json === true,
    api() {
      api ??= openApi(options, environment)
      return api
    },
    print: (value, text) => terminal.out(options.json === true ? JSON.stringify(value, undefined, 2) : text()),
  }
}

function tellFailure(context: Context, error: unknown): number {
  const { terminal } = context
  if (!(error instanceof Failure)) {
    // Ours, not the world's: with the stack, so that it can be mended.
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return EXIT.failed
  }
  if (context.json)
    terminal.out(JSON.stringify({ error: error.message, advice: error.advice, details: error.details }, undefined, 2))
  else {
    terminal.note(terminal.paint('red', error.message))
    if (error.advice !== undefined) terminal.note(error.advice)
  }
  return error.exit
}
