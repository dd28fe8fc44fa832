export { buildApp } from './app.js'
export { composeProducer, type ProducerOverrides, type ProducerParts } from './compose.js'
export type { ApiContext } from './context.js'
export { type RunIo, run } from './run.js'
