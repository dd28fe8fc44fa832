export type { Fetching, MadeNight, NightMaker, SchedulerObserver, SchedulerParts } from './parts.js'
export { createScheduler, type Scheduler } from './scheduler.js'
export { newRun } from './work-on-schedule.js'
