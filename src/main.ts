/**
 * The entry: the command line, given the parts of it that are no client's. The one place where ports are wired to rooms is
 * src/main/.
 */
import { runCommandLine } from './cli/index.ts'
import { checkFiles } from './main/check-files.ts'
import { serve } from './main/serve.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), {
  serve,
  check: checkFiles,
})
