export type { Figures } from './figures.ts'
export { type LabAlert, type LabLine, type LabOptions, type LabSummary, runScenario, simulate } from './run.ts'
export { parseScenario, type Scenario, type ScenarioEvent, type ScenarioOverrides, type Truth } from './scenario.ts'
