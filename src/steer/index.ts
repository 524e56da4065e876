export * from './model.ts'
export * from './standing.ts'
