export { mayTransfer } from './access.ts'
export { copyFiles } from './copy-files.ts'
export { DiffJournal } from './diff-journal.ts'
export { createTransferDoor } from './door.ts'
export { type Grant, grantProblem, refusedChange } from './grants.ts'
export type {
  ArchivedZone,
  KeptDone,
  KeptOutcome,
  KeptRefusal,
  KeptZone,
  KeptZonePorts,
  KeptZones,
  RecordChanges,
  Writer,
  ZoneArchive,
} from './kept-ports.ts'
export { createKeptZones } from './kept-zones.ts'
export { hmac } from './keys.ts'
export { createNotifier, type Notifier, type NotifierPorts } from './notifier.ts'
export * from './ports.ts'
export { createSecondaries, type Secondaries } from './secondaries.ts'
