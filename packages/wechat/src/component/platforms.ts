/** The platforms of the apps file. A platform whose entry changes is made anew; the vault and Redis hold all that it knows. */
import type { Component, ComponentId } from '@sunpress/core'
import { createPlatform, type Platform, type PlatformTerms } from './platform.js'

export interface PlatformBook {
  find(component: ComponentId): Platform | undefined
  all(): readonly Platform[]
}

export interface PlatformsTerms extends Omit<PlatformTerms, 'component'> {
  /** As they are now; the same object as long as nothing changes. */
  readonly components: () => readonly Component[]
}

export function createPlatforms({ components, ...terms }: PlatformsTerms): PlatformBook {
  const made = new WeakMap<Component, Platform>()
  const platformOf = (component: Component): Platform => {
    const platform = made.get(component) ?? createPlatform({ ...terms, component })
    made.set(component, platform)
    return platform
  }
  return {
    find(id) {
      const component = components().find(({ appid }) => appid === id)
      return component === undefined ? undefined : platformOf(component)
    },
    all: () => components().map(platformOf),
  }
}
