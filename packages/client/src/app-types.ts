/** Apps, their quotas and holds, as the API gives them. */

export interface LaneQuotas {
  /** Of this clock minute; `used` null: not known now. */
  readonly perMinute: { readonly used: number | null; readonly limit: number }
  /** Of this day in Shanghai; `limit` null: none is known. */
  readonly perDay: { readonly used: number | null; readonly limit: number | null }
  /** Part of the limit of a minute in use now. */
  readonly rate: number | null
  /** Calls of today that somebody else made with this app, at least. */
  readonly usedByOthers: number | null
}

/** Those that match all that is named. */
export interface HoldFilter {
  readonly scope?: 'app' | 'lane' | 'page' | 'campaign'
  readonly lane?: 'unlimited' | 'limited'
  readonly page?: string
  readonly campaign?: string
}

/** Clearings of an app's quotas in this month (Asia/Shanghai). */
export interface Clears {
  readonly used: number
  readonly left: number
  readonly limit: number
}

export interface App {
  readonly appid: string
  readonly name: string
  readonly quotas: {
    readonly unlimited: LaneQuotas
    readonly limited: LaneQuotas & {
      readonly lifetime: { readonly used: number; readonly limit: number } | null
    }
  }
  readonly holds:
    | readonly {
        readonly scope: string
        readonly lane: string | null
        readonly page: { readonly page: string; readonly envVersion: string } | null
        readonly campaign: string | null
        readonly reason: string
        /** What was found, or what WeChat said. */
        readonly message: string | null
        readonly until: string
      }[]
    | null
  /** cached, none, failing, held (see holds) or unknown. */
  readonly token: { readonly state: string }
}
