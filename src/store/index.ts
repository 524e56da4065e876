export * from './backup.ts'
export { openDatabase, type Sqlite, StoreError } from './database.ts'
export { type Journal, openJournal } from './journal.ts'
export { createStore } from './store.ts'
