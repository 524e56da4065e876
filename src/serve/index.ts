export * from './listen-address.ts'
export * from './model.ts'
export { createServiceManager, type ServiceManager } from './service-manager.ts'
export * from './start.ts'
