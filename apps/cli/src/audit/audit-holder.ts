/** Who holds the mark of a purge or heal, for people that find it taken. */
import { hostname } from 'node:os'
import type { AuditMarkTaken } from '@sunpress/ledger'

export const auditHolder = (what: 'purge' | 'heal'): string => `${what} on ${hostname()}, pid ${process.pid}`

/** Pure. */
export const describeTaken = (app: string, { holder, since }: AuditMarkTaken): string =>
  `${app} is being purged or healed already (${holder}, since ${since}): wait for its end; when it died, --force takes over`
