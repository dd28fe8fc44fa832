/** Leases in memory, as the real ones: one holder at a time. Who holds which stands in the map, where tests may change it. */
import type { Leases } from '../lease.js'

export const createMemoryLeases = (held = new Map<string, string>()): Leases => ({
  async claim({ lease }, holder) {
    if ((held.get(lease) ?? holder) !== holder) return null
    held.set(lease, holder)
    return 1
  },
  async release({ lease }, holder) {
    if (held.get(lease) === holder) held.delete(lease)
  },
})
