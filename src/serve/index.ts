export * from './listen-address.ts'
export * from './model.ts'
export * from './start.ts'
