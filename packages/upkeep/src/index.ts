export { MOST_UNCLOSED } from './fill-lanes.js'
export type { RebuildReason, UpkeepObserver, UpkeepParts } from './parts.js'
export { createUpkeep, type Upkeep } from './upkeep.js'
