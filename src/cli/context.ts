/**
 * What every command is given: the terminal, the global options, and ways to the API and to the server's files.
 */
import type { Command } from 'commander'
import type { Issue } from '../base/index.ts'
import type { Api } from './api-connection.ts'
import type { Terminal } from './terminal.ts'

/** What main.ts gives the command line: the parts that are not a client's. */
export interface CommandPorts {
  /** Runs the name server until it is told to stop. @returns the exit code */
  serve(options: ServeOptions): Promise<number>
  /** Loads and checks all files of a zones folder as the server would, answering nothing. */
  check(options: CheckOptions): Promise<CheckReport>
}

export interface ServeOptions {
  readonly config: string | undefined
  /** by flag without its dashes: what readSettings takes */
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>
  /** take over from the server that runs on the same addresses */
  readonly replace: boolean
}

export interface CheckOptions {
  readonly config: string | undefined
  /** zones folder; undefined: the settings' */
  readonly folder: string | undefined
}

export interface CheckedZone {
  readonly name: string
  readonly serial: number
  readonly records: number
  /** the apex NS records, with the addresses that the zone itself has for them */
  readonly nameServers: readonly { readonly name: string; readonly addresses: readonly string[] }[]
}

export interface CheckReport {
  readonly issues: readonly Issue[]
  readonly zones: readonly CheckedZone[]
  readonly steeredRecords: number
  readonly pools: number
  readonly nodes: number
}

export interface GlobalOptions {
  readonly json?: boolean
  readonly api?: string
  readonly token?: string
}

export interface Context {
  readonly terminal: Terminal
  readonly environment: NodeJS.ProcessEnv
  readonly ports: CommandPorts
  /** the options that every command takes */
  readonly options: GlobalOptions
  /** --json was given */
  readonly json: boolean
  /** Opens the API that the options, the environment or the settings name. */
  api(): Api
  /** Prints a value as --json wants it, else as text for people. */
  print(value: unknown, text: () => string): void
}

/** A command's work: its arguments and options as commander hands them over. @returns the exit code, 0 by default */
export type Handler<Args extends unknown[]> = (
  context: Context,
  ...args: Args
) => Promise<number | undefined> | number | undefined

/** Makes a commander action of a handler: builds the context, and turns what went wrong into sentences and an exit code. */
export type Act = <Args extends unknown[]>(handler: Handler<Args>) => (...all: [...Args, Command]) => Promise<void>
