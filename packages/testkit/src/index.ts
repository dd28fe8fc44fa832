export * from './store-conformance/index.js'
