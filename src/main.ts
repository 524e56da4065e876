/**
 * The entry: the command line, given the parts of it that are no client's. The one place where ports are wired to rooms is
 * src/main/.
 */
import { startEarlyThread } from './main/early-thread.ts'

// Before anything else is loaded: what a start waits for longest is its files.
if (process.argv[2] === 'serve') startEarlyThread()
const { runCommandLine } = await import('./cli/index.ts')

// Loaded when they are asked for: a client command has no use for the whole server.
process.exitCode = await runCommandLine(process.argv.slice(2), {
  serve: async (options) => (await import('./main/serve.ts')).serve(options),
  check: async (options) => (await import('./main/check-files.ts')).checkFiles(options),
})
