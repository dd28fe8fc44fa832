export { composeWorker, type WorkerParts, type WorkerService } from './compose.js'
export { run } from './run.js'
