/** Why scenes were refused, most frequent reason first. Pure. */
import type { Failure, Page } from '@sunpress/client'
import { shown } from './describe-counts.js'

const SHOWN_REASONS = 3

/** "Refused: 40 invalid_page (41030), 2 too_large". Of a first page it says so. */
export function describeRefusals({ items, nextCursor }: Page<Pick<Failure, 'reason' | 'errcode'>>): string {
  const counts = new Map<string, number>()
  for (const { reason, errcode } of items) {
    const name = errcode === null ? reason : `${reason} (${errcode})`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const parts = sorted.slice(0, SHOWN_REASONS).map(([name, count]) => `${shown(count)} ${name}`)
  const others = sorted.slice(SHOWN_REASONS).reduce((sum, [, count]) => sum + count, 0)
  const all = others === 0 ? parts : [...parts, `${shown(others)} for other reasons`]
  const which = nextCursor === null ? 'Refused' : `Refused, of the first ${shown(items.length)}`
  return `${which}: ${all.join(', ')}`
}
