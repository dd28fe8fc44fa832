/** What a platform has been granted by one merchant. */
import { createDayCount, type DayCount } from '../day-count.js'
import { createRefreshLine, type RefreshLine } from './refresh-line.js'

/** Any of these permission sets lets a platform print codes. */
const CODE_SETS: readonly number[] = [17, 58]

export type Authorizer = {
  readonly appid: string
  readonly refreshTokens: RefreshLine
  readonly refreshedToday: DayCount
  /** Permission sets. */
  funcs: readonly number[]
  /** Virtual time, whole ms. */
  authorisedAt: number
  withdrawn: boolean
  /** How often api_authorizer_token has brought a token. */
  refreshes: number
}

export function createAuthorizer(appid: string, funcs: readonly number[], now: number): Authorizer {
  return {
    appid,
    refreshTokens: createRefreshLine(),
    refreshedToday: createDayCount(),
    funcs,
    authorisedAt: Math.floor(now),
    withdrawn: false,
    refreshes: 0,
  }
}

/** Why a call for a code with the platform's token fails: 61003 withdrawn, 61007 without the permission set; or undefined. */
export function refusesCodes({ withdrawn, funcs }: Authorizer): 61003 | 61007 | undefined {
  if (withdrawn) return 61003
  return CODE_SETS.some((id) => funcs.includes(id)) ? undefined : 61007
}
