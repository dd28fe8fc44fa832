/** Findings as they are kept: those that are listed, and beside them those that a heal takes up, so that orphans crowd out none. */
import { type Finding, isHealable } from '@sunpress/audit'

/** Of each kind of list; all of them are counted, and told as they come. */
export const MOST_KEPT = 10_000

export interface Found {
  readonly listed: readonly Finding[]
  readonly healable: readonly Finding[]
  add(finding: Finding): void
}

export function createFound(most = MOST_KEPT): Found {
  const listed: Finding[] = []
  const healable: Finding[] = []
  return {
    listed,
    healable,
    add(finding) {
      if (listed.length < most) listed.push(finding)
      if (isHealable(finding) && healable.length < most) healable.push(finding)
    },
  }
}
