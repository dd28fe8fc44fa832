export {
  breakOnTrouble,
  type StoreBreakerObserver,
  type StoreBreakerOptions,
  type StoreTrouble,
} from './breaker/store-breaker.js'
export { type FileStoreOptions, openFileStore } from './file/file-store.js'
export { parseStoreLocation, type StoreLocation } from './location.js'
export { openMemoryStore } from './memory/memory-store.js'
export * from './open-configured.js'
export { openStore, type StoreOptions } from './open-store.js'
export { CREATE_ONLY_WAYS, type CreateOnlyWay } from './s3/create-only.js'
export type { S3Settings } from './s3/settings.js'
export type { Store } from './store.js'
