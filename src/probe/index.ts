export * from './prober.ts'
export * from './runner.ts'
