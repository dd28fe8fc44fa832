/** The apps that exist: those listed, or any whose appid is named. */
import { type App, createApp } from './app.js'
import type { AppConfig, AppSwitches, AppsConfig } from './app-config.js'
import type { WindowKind } from './window.js'

export type Apps = {
  /** The app, or undefined when a list of apps was given and it isn't there, or when there are too many. */
  find(appid: string): App | undefined
  /** What an app is made with that has no switches of its own. */
  defaults(): AppSwitches
  /** Changes switches of the app, or of all apps and of those that come. Whether there is such an app. */
  change(switches: Partial<AppSwitches>, appid?: string, keepUse?: boolean): boolean
  /** Minutes, days and months start anew. */
  forgetUse(): void
  forgetPrinted(): void
  /** Undoes every change of switches, and forgets all else. */
  clear(): void
}

/** How many apps there may be when none are listed; a further appid is unknown. */
const MAX_APPS = 10_000

export function createApps(from: AppsConfig, kind: WindowKind, maxApps = MAX_APPS): Apps {
  const listed = from.apps && new Map(from.apps.map((config) => [config.appid, config]))
  const apps = new Map<string, App>()
  let changed: Partial<AppSwitches> = {}

  function find(appid: string): App | undefined {
    const known = apps.get(appid)
    if (known !== undefined) return known
    const config = listed === undefined ? { ...from.defaults, appid } : listed.get(appid)
    if (config === undefined || (listed === undefined && apps.size >= maxApps)) return undefined
    const app = createApp({ ...config, ...changed } as AppConfig, kind)
    apps.set(appid, app)
    return app
  }

  function change(switches: Partial<AppSwitches>, appid?: string, keepUse = false): boolean {
    if (appid !== undefined) {
      const app = find(appid)
      app?.change(switches, keepUse)
      return app !== undefined
    }
    changed = { ...changed, ...switches }
    for (const app of apps.values()) app.change(switches, keepUse)
    return true
  }

  function clear(): void {
    apps.clear()
    changed = {}
  }

  function forEach(what: (app: App) => void): () => void {
    return () => {
      for (const app of apps.values()) what(app)
    }
  }

  return {
    find,
    change,
    clear,
    defaults: () => ({ ...from.defaults, ...changed }),
    forgetUse: forEach((app) => app.forgetUse()),
    forgetPrinted: forEach((app) => app.forgetPrinted()),
  }
}
