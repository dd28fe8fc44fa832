/** What the simulator knows of an app, and the switches where sources about WeChat disagree. */
import type { PlatformGiven } from './component/platform-config.js'
import type { HostingOrder } from './hosting.js'

/**
 * The pages that check_path finds: of the released version whatever env_version says, or by version; a version that isn't
 * named has those of `release`. Undefined: every page is there.
 */
export type ReleasedPages = readonly string[] | Readonly<Partial<Record<EnvVersion, readonly string[]>>>

export const ENV_VERSIONS = ['release', 'trial', 'develop'] as const
export type EnvVersion = (typeof ENV_VERSIONS)[number]

export type AppSwitches = {
  /** Undefined: any secret is right. */
  readonly secret?: string
  readonly perMinute: number
  /** Of getwxacodeunlimit; undefined: no limit, and quota/get tells perMinute × 1440. */
  readonly dailyLimit?: number
  /** Calls of getwxacode and createwxaqrcode together. */
  readonly limitedPerMinute: number
  readonly limitedPerDay: number
  /** How many distinct codes getwxacode and createwxaqrcode print together, ever. */
  readonly limitedLifetime: number
  readonly quotaGetPerDay: number
  readonly clearsPerMonth: number
  /** Which of the two sends the Num-Used header. */
  readonly numUsedOn: 'getwxacode' | 'both' | 'none'
  /** How long a path getwxacode takes; older documents say 128. */
  readonly pathBytes: number
  readonly pages?: ReleasedPages
  /** What a call beyond the minute's limit is answered; mixed takes turns. */
  readonly overLimit: '45009' | '45011' | 'mixed'
  /** A lower limit that no documentation names, answered 45011. */
  readonly burst?: { readonly calls: number; readonly windowMs: number }
  /** What a width outside 280 to 1280 is answered; clamp takes the nearest one. */
  readonly badWidth: '40189' | '47001' | 'clamp'
  /** What /cgi-bin/token answers to a wrong secret; stable_token always says 40125. */
  readonly wrongSecret: '40125' | '40001'
  /** Every call of this app fails so: 48001, 50002 and the like. */
  readonly accountErrcode?: number
  /** Every call for a code with a platform's token fails so: 61007 and the like. */
  readonly platformErrcode?: number
  /** Addresses that may ask for tokens; undefined: all. Any other is 40164. */
  readonly ipWhitelist?: readonly string[]
  /** What quota/get tells of a path in place of the truth. */
  readonly quotaGetTells?: Readonly<Record<string, ToldQuota>>
  readonly tokenSeconds: number
  /** How many distinct pages may be printed with check_path false. */
  readonly pageCap: number
  readonly hyalineContentType: 'image/jpeg' | 'image/png'
  /** True: `\uXXXX` in a body is not decoded. */
  readonly literalUnicodeEscapes: boolean
}

/** `used` is told as it is where it isn't named. */
export type ToldQuota = {
  readonly dailyLimit?: number
  readonly used?: number
  readonly perMinute?: number
}

export type AppConfig = AppSwitches & { readonly appid: string }

export const DEFAULT_SWITCHES: AppSwitches = {
  perMinute: 5000,
  limitedPerMinute: 5000,
  limitedPerDay: 10_000,
  limitedLifetime: 100_000,
  quotaGetPerDay: 5000,
  clearsPerMonth: 10,
  numUsedOn: 'getwxacode',
  pathBytes: 1024,
  overLimit: '45009',
  badWidth: '40189',
  wrongSecret: '40125',
  tokenSeconds: 7200,
  pageCap: 60_000,
  hyalineContentType: 'image/jpeg',
  literalUnicodeEscapes: true,
}

/** `apps` undefined: any appid exists, with the defaults. */
export type AppsConfig = {
  readonly defaults: AppSwitches
  readonly apps?: readonly AppConfig[]
  /** Third-party platforms. */
  readonly platforms?: readonly PlatformGiven[]
  readonly hosting?: HostingOrder
}
