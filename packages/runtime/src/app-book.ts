/**
 * The apps that a process works for, as they are now. The apps file and the secrets that it refers to are looked at every few
 * seconds: what has changed is taken whole, or, when it has a defect, not at all. Merchants of a platform join and leave.
 * Not promised: that two processes see a change in the same moment.
 */
import { createHash } from 'node:crypto'
import {
  type App,
  type AppBook,
  type AppId,
  type AppsFile,
  type Component,
  type ComponentId,
  Secret,
} from '@sunpress/core'
import { ConfigFault } from './config-fault.js'

export interface AppBookObserver {
  /** Another set of apps, or other secrets or quotas of the same: `all` is what holds from now on. */
  changed(all: AppsFile): void
  /** A new file has defects: what held before holds on. Said once for each such file. */
  rejected(fault: ConfigFault): void
}

export interface OpenAppBook extends AppBook {
  components(): readonly Component[]
  /** Those that have authorised a platform: merchants that the file names keep the file's name and quotas. */
  setMerchants(component: ComponentId, merchants: readonly AppId[]): void
  /** Looks at the file again. */
  reload(): void
}

/** `load` gives what is configured now, and throws ConfigFault; what it throws here is thrown on. */
export function openAppBook(load: () => AppsFile, observer: AppBookObserver): OpenAppBook {
  const merchants = new Map<ComponentId, readonly AppId[]>()
  const listeners = new Set<() => void>()
  let file = load()
  let fingerprint = fingerprintOf(file)
  let rejected: string | null = null
  let apps = withMerchants(file, merchants)

  const take = (): void => {
    apps = withMerchants(file, merchants)
    observer.changed({ ...file, apps: [...apps.values()] })
    for (const listener of listeners) listener()
  }

  return {
    all: () => [...apps.values()],
    find: (appid) => apps.get(appid),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    components: () => file.components,
    setMerchants(component, appids) {
      if (sameList(merchants.get(component) ?? [], appids)) return
      merchants.set(component, appids)
      take()
    },
    reload() {
      try {
        const next = load()
        rejected = null
        const found = fingerprintOf(next)
        if (found === fingerprint) return
        file = next
        fingerprint = found
      } catch (fault) {
        if (!(fault instanceof ConfigFault)) throw fault
        if (fault.message !== rejected) observer.rejected(fault)
        rejected = fault.message
        return
      }
      take()
    },
  }
}

/** A merchant that the file names as an app of its own kind of credential stays that; a listed platform takes no others. */
function withMerchants(
  { apps, components }: AppsFile,
  merchants: ReadonlyMap<ComponentId, readonly AppId[]>,
): ReadonlyMap<AppId, App> {
  const found = new Map(apps.map((app) => [app.appid, app]))
  for (const { appid: component, merchants: which, quotas } of components) {
    if (which === 'listed') continue
    for (const appid of merchants.get(component) ?? []) {
      if (found.has(appid)) continue
      found.set(appid, { appid, name: appid, credential: { kind: 'component', component }, quotas })
    }
  }
  return found
}

/** Secrets count by their digest: a changed one is a change, and none stands in memory twice. */
function fingerprintOf(file: AppsFile): string {
  const hash = createHash('sha256')
  hash.update(
    JSON.stringify(file, function (this: Record<string, unknown>, name: string, shown: unknown) {
      // JSON.stringify has asked toJSON already: the value itself stands in its holder.
      const value = this[name]
      return value instanceof Secret ? createHash('sha256').update(value.reveal()).digest('hex') : shown
    }),
  )
  return hash.digest('hex')
}

const sameList = (one: readonly AppId[], other: readonly AppId[]): boolean =>
  one.length === other.length && one.every((appid, i) => appid === other[i])

/** A book whose apps never change. */
export function closedAppBook(apps: readonly App[]): AppBook {
  const byId = new Map(apps.map((app) => [app.appid, app]))
  return { all: () => apps, find: (appid) => byId.get(appid), onChange: () => () => undefined }
}
