export type { Context } from './context.js'
export { runSunpress } from './run-sunpress.js'
