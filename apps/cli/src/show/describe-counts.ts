import type { Counts } from '@sunpress/client'

/** "300 scenes: 290 published (20 reused), 10 refused"; what is zero is left out. Pure. */
export function describeCounts({
  total,
  published,
  reused,
  refused,
  cancelled,
  pending,
  skipped,
}: Counts): string {
  const parts = [
    published > 0 ? `${shown(published)} published${reused > 0 ? ` (${shown(reused)} reused)` : ''}` : null,
    refused > 0 ? `${shown(refused)} refused` : null,
    cancelled > 0 ? `${shown(cancelled)} cancelled` : null,
    pending > 0 ? `${shown(pending)} pending` : null,
    skipped > 0 ? `${shown(skipped)} bad ${skipped === 1 ? 'row' : 'rows'} left out` : null,
  ].filter((part) => part !== null)
  const scenes = `${shown(total)} ${total === 1 ? 'scene' : 'scenes'}`
  return parts.length === 0 ? scenes : `${scenes}: ${parts.join(', ')}`
}

export const shown = (count: number): string => count.toLocaleString('en-US')
