export { composeWorker, type WorkerOverrides, type WorkerParts, type WorkerService } from './compose.js'
export { run } from './run.js'
