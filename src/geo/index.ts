export * from './countries.ts'
export * from './distance.ts'
