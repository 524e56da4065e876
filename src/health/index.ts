export * from './bucket.ts'
export * from './flaps.ts'
export * from './model.ts'
export * from './node-health.ts'
export {
  deadNodeLeavesMs,
  HYSTERESIS_FIGURES,
  type HysteresisFigures,
  printContract,
} from './profile.ts'
export * from './spells.ts'
export * from './vantages.ts'
export * from './warm-up.ts'
