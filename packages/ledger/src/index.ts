export * from './campaigns.js'
export * from './manifests.js'
export * from './part-lines.js'
export * from './requests.js'
