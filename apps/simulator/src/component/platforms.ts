/** The third-party platforms that exist, and whose token a token is. */
import type { TokenState } from '../tokens.js'
import { createPlatform, type Platform } from './platform.js'
import { fillPlatform, type PlatformGiven } from './platform-config.js'

/** What a merchant's token is good for, and which platform holds it. */
export type HeldToken = {
  readonly appid: string
  readonly state: TokenState
  readonly platform: Platform | undefined
}

export type Platforms = {
  /** A new platform, or another description of one that is there, which keeps its authorisations. @throws InputDefect */
  register(given: PlatformGiven, field: string, now: number): Platform
  find(componentAppid: string): Platform | undefined
  all(): readonly Platform[]
  remove(componentAppid: string): boolean
  /** By a component_access_token; `platform` undefined: nobody's. */
  lookOwn(token: string, now: number): { readonly platform: Platform | undefined; readonly state: TokenState }
  /** By an authorizer_access_token. */
  lookAuthorizer(token: string, now: number): HeldToken
  /** Ends a merchant's tokens at all platforms, or all merchants'. */
  revoke(now: number, appid?: string): number
  /** Ends a platform's own tokens, or all platforms'. */
  revokeOwn(now: number, componentAppid?: string): number
  overtake(now: number, appid?: string): void
  /** Those of the start, anew. */
  reset(now: number): void
}

/** @param initial as read; filled here. */
export function createPlatforms(initial: readonly PlatformGiven[] = [], now = 0): Platforms {
  const platforms = new Map<string, Platform>()
  reset(now)

  function reset(at: number): void {
    platforms.clear()
    for (const [index, given] of initial.entries()) register(given, `platforms[${index}]`, at)
  }

  function register(given: PlatformGiven, field: string, now: number): Platform {
    const known = platforms.get(given.appid)
    const config = fillPlatform({ ...known?.config, ...given }, field)
    if (known !== undefined) {
      known.change(config)
      return known
    }
    const created = createPlatform(config, now)
    platforms.set(config.appid, created)
    return created
  }

  function lookOwn(token: string, now: number) {
    for (const platform of platforms.values()) {
      const state = platform.look(token, now)
      if (state !== 'unknown') return { platform, state }
    }
    return { platform: undefined, state: 'unknown' as const }
  }

  function lookAuthorizer(token: string, now: number): HeldToken {
    for (const platform of platforms.values()) {
      const { owner, state } = platform.lookAuthorizer(token, now)
      if (state !== 'unknown') return { appid: owner, state, platform }
    }
    return { appid: '', state: 'unknown', platform: undefined }
  }

  function revoke(now: number, appid?: string): number {
    return [...platforms.values()].reduce((ended, platform) => ended + platform.revoke(now, appid), 0)
  }

  function revokeOwn(at: number, appid?: string): number {
    const meant = [...platforms.values()].filter(({ config }) => (appid ?? config.appid) === config.appid)
    return meant.reduce((ended, platform) => ended + platform.revokeOwn(at), 0)
  }

  return {
    register,
    find: (appid) => platforms.get(appid),
    all: () => [...platforms.values()],
    remove: (appid) => platforms.delete(appid),
    lookOwn,
    lookAuthorizer,
    revoke,
    revokeOwn,
    overtake: (at, appid) => {
      for (const platform of platforms.values()) platform.overtake(at, appid)
    },
    reset,
  }
}
