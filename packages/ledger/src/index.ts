export * from './campaigns.js'
export * from './manifests.js'
export * from './requests.js'
