export * from './lane-queues.js'
export * from './lane-worker.js'
