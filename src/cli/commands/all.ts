/** Every command, in the order that help lists them. */
import { addChangeCommands } from './changes.ts'
import { addCheckCommand } from './check.ts'
import { addCompareCommand } from './compare.ts'
import { addCompletionCommand } from './completion.ts'
import { addEventsCommand } from './events.ts'
import { addExplainCommand } from './explain.ts'
import { addImportCommand } from './import.ts'
import { addLabCommands } from './lab.ts'
import { addGeoCommand } from './places.ts'
import { addQueryCommand } from './query.ts'
import { addServeCommand } from './serve.ts'
import { addServerCommands } from './server.ts'
import { addTokenCommands } from './tokens.ts'
import { addViewCommands } from './views.ts'
import { addZoneCommands } from './zone.ts'

export const ALL_COMMANDS = [
  addServeCommand,
  addViewCommands,
  addChangeCommands,
  addExplainCommand,
  addEventsCommand,
  addCheckCommand,
  addServerCommands,
  addTokenCommands,
  addZoneCommands,
  addGeoCommand,
  addQueryCommand,
  addCompareCommand,
  addLabCommands,
  addImportCommand,
  addCompletionCommand,
] as const
