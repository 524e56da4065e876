export * from './prober.ts'
