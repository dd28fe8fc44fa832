/** Leases for tests of other packages; resolves under the `source` condition alone. */
export { createMemoryLeases } from './memory-leases.js'
