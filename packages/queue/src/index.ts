export * from './lane-queues.js'
export * from './lane-worker.js'
export * from './schedule-timers.js'
