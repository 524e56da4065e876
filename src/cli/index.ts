export { runCommandLine, VERSION } from './command-line.ts'
export type { CheckedZone, CheckOptions, CheckReport, CommandPorts, ServeOptions } from './context.ts'
export { Failure } from './failure.ts'
