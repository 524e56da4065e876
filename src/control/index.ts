export * from './fleet-model.ts'
