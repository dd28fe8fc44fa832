export * from './permits.js'
export { CLOCK_ALLOWANCE_MS, LATE_MS, spacingUs, WINDOW_MS } from './spacing.js'
