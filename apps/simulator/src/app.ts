/** The apps at run time: their windows and what they have printed. */
import type { AppConfig, AppsConfig } from './app-config.js'
import { createWindow, type RateWindow, type WindowKind } from './window.js'

export type App = {
  readonly config: AppConfig
  /** Counts a call of a quota class at a virtual time: an errcode when it is beyond a limit. */
  charge(quota: string, now: number): 45009 | 45011 | undefined
  /** Distinct pages printed with check_path false. */
  readonly uncheckedPages: Set<string>
}

export type Apps = {
  /** The app, or undefined when a list of apps was given and it isn't there. */
  find(appid: string): App | undefined
  /** Forgets every count; the windows start anew. */
  clear(): void
}

export function createApps(from: AppsConfig, kind: WindowKind): Apps {
  const listed = from.apps && new Map(from.apps.map((config) => [config.appid, config]))
  const apps = new Map<string, App>()

  function find(appid: string): App | undefined {
    const known = apps.get(appid)
    if (known !== undefined) return known
    const config = listed === undefined ? { ...from.defaults, appid } : listed.get(appid)
    if (config === undefined) return undefined
    const app = createApp(config, kind)
    apps.set(appid, app)
    return app
  }

  return { find, clear: () => apps.clear() }
}

type Windows = { readonly minute: RateWindow; readonly burst: RateWindow | undefined }

function createApp(config: AppConfig, kind: WindowKind): App {
  const windows = new Map<string, Windows>()
  let latest = Number.NEGATIVE_INFINITY
  let overLimit = 0

  function windowsOf(quota: string): Windows {
    const known = windows.get(quota)
    if (known !== undefined) return known
    const { burst } = config
    const created = {
      minute: createWindow(kind, config.perMinute),
      burst: burst && createWindow('sliding', burst.calls, burst.windowMs),
    }
    windows.set(quota, created)
    return created
  }

  function charge(quota: string, now: number): 45009 | 45011 | undefined {
    latest = Math.max(latest, now)
    const { minute, burst } = windowsOf(quota)
    if (!minute.admit(latest)) return overLimitCode(config, overLimit++)
    return burst === undefined || burst.admit(latest) ? undefined : 45011
  }

  return { config, charge, uncheckedPages: new Set() }
}

function overLimitCode(config: AppConfig, turn: number): 45009 | 45011 {
  if (config.overLimit === 'mixed') return turn % 2 === 0 ? 45009 : 45011
  return config.overLimit === '45009' ? 45009 : 45011
}
