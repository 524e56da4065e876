export { runCommandLine, VERSION } from './command-line.ts'
export type { CheckOptions, CheckReport, CommandPorts, ServeOptions } from './context.ts'
export { Failure } from './failure.ts'
