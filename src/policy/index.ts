export * from './choose.ts'
export * from './model.ts'
export * from './standing.ts'
export * from './steps.ts'
