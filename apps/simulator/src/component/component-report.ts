/** What the admin API tells of platforms. */
import type { World } from '../call.js'
import type { Platform } from './platform.js'

/** One platform, or all. */
export function reportPlatforms({ platforms }: World, appid?: string): readonly unknown[] {
  return platforms
    .all()
    .filter(({ config }) => (appid ?? config.appid) === config.appid)
    .map(reportPlatform)
}

function reportPlatform({ config, tickets, authorizers, counts }: Platform) {
  const { authorised: _before, ...told } = config
  return {
    ...told,
    ticket: tickets.latest() ?? null,
    counts: counts(),
    authorizers: [...authorizers.values()].map(({ refreshTokens, refreshedToday: _, ...rest }) => ({
      ...rest,
      refreshToken: refreshTokens.current(),
    })),
  }
}
