/** An app at run time: its switches, what its quotas have used, what it has printed. */
import type { AppConfig } from './app-config.js'
import { shanghaiMonth } from './clock.js'
import { createDistinct, type Distinct } from './distinct.js'
import { createQuota, type Quota, type QuotaLimits } from './quota.js'
import { createWindow, type WindowKind } from './window.js'

/** `unlimited` is getwxacodeunlimit's, `limited` what getwxacode and createwxaqrcode share, `quotaGet` quota/get's own. */
export type QuotaName = 'unlimited' | 'limited' | 'quotaGet'

/** Nothing here is ever taken back: codes that may be printed again, pages that were let through unchecked. */
export type Printed = { readonly codes: Distinct; readonly uncheckedPages: Distinct }

export type App = {
  readonly config: AppConfig
  readonly printed: Printed
  /** Counts a call of a quota at a virtual time: an errcode when it is beyond a limit. */
  charge(quota: QuotaName, now: number): number | undefined
  usedToday(quota: QuotaName, now: number): number
  /** Starts every day's count anew, unless the month's clears are used up. */
  clearQuotas(now: number): boolean
  /** Other switches from now on; the windows start anew, or with `keepUse` go on under the new limits. */
  change(switches: Partial<AppConfig>, keepUse: boolean): void
  /** Forgets what the minutes, days and months have used. */
  forgetUse(): void
  forgetPrinted(): void
}

export function createApp(first: AppConfig, kind: WindowKind): App {
  const quotas = new Map<QuotaName, Quota>()
  let config = first
  let printed = emptyPrinted()
  let latest = Number.NEGATIVE_INFINITY
  let turn = 0
  let clears = { month: '', used: 0 }

  function quotaOf(name: QuotaName): Quota {
    const known = quotas.get(name)
    if (known !== undefined) return known
    const created = createQuota(windowsOf(config, name, kind))
    quotas.set(name, created)
    return created
  }

  function charge(name: QuotaName, now: number): number | undefined {
    latest = Math.max(latest, now)
    const beyond = quotaOf(name).charge(latest)
    if (beyond === 'day') return name === 'quotaGet' ? 44993 : 45009
    if (beyond === 'burst') return 45011
    return beyond === undefined ? undefined : overLimitCode(config, turn++)
  }

  function clearQuotas(now: number): boolean {
    const month = shanghaiMonth(now)
    if (clears.month !== month) clears = { month, used: 0 }
    if (clears.used >= config.clearsPerMonth) return false
    clears.used++
    for (const quota of quotas.values()) quota.forgetDay()
    return true
  }

  function forgetUse(): void {
    quotas.clear()
    latest = Number.NEGATIVE_INFINITY
    clears = { month: '', used: 0 }
  }

  return {
    get config() {
      return config
    },
    get printed() {
      return printed
    },
    charge,
    usedToday: (name, now) => quotaOf(name).usedToday(now),
    clearQuotas,
    change: (switches, keepUse) => {
      config = { ...config, ...switches }
      if (!keepUse) quotas.clear()
      for (const [name, quota] of quotas) {
        const burst = switches.burst && windowsOf(config, name, kind).burst
        quota.resize({ perMinute: undefined, ...limitsOf(config, name), burst })
      }
    },
    forgetUse,
    forgetPrinted: () => {
      printed = emptyPrinted()
    },
  }
}

function emptyPrinted(): Printed {
  return { codes: createDistinct(), uncheckedPages: createDistinct() }
}

type Limits = { readonly perMinute?: number; readonly perDay: number | undefined }

function limitsOf(config: AppConfig, name: QuotaName): Limits {
  if (name === 'quotaGet') return { perDay: config.quotaGetPerDay }
  const { perMinute, dailyLimit, limitedPerMinute, limitedPerDay } = config
  return name === 'unlimited'
    ? { perMinute, perDay: dailyLimit }
    : { perMinute: limitedPerMinute, perDay: limitedPerDay }
}

function windowsOf(config: AppConfig, name: QuotaName, kind: WindowKind): QuotaLimits {
  const { perMinute, perDay } = limitsOf(config, name)
  if (perMinute === undefined) return { perDay }
  const { burst } = config
  return {
    minute: createWindow(kind, perMinute),
    burst: burst && createWindow('sliding', burst.calls, burst.windowMs),
    perDay,
  }
}

function overLimitCode(config: AppConfig, turn: number): 45009 | 45011 {
  if (config.overLimit === 'mixed') return turn % 2 === 0 ? 45009 : 45011
  return config.overLimit === '45009' ? 45009 : 45011
}
