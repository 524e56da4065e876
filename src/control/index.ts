export { createFleet } from './fleet.ts'
export * from './fleet-model.ts'
export { healthKey } from './fleet-state.ts'
