/** Ends an app's tokens, of one kind or of all. */
import type { World } from './call.js'

export const TOKEN_KINDS = ['classic', 'stable', 'authorizer', 'cloudbase', 'component'] as const
export type TokenKind = (typeof TOKEN_KINDS)[number]

/** How many were ended. `component` are the platforms' own, of which `appid` names one. */
export function revokeTokens(world: World, now: number, appid?: string, kind?: TokenKind): number {
  const { tokens, platforms, cloudbase } = world
  const all = kind === undefined
  const line = kind === 'classic' || kind === 'stable' ? kind : undefined
  return (
    (all || line !== undefined ? tokens.revoke(now, appid, line) : 0) +
    (all || kind === 'authorizer' ? platforms.revoke(now, appid) : 0) +
    (all || kind === 'cloudbase' ? cloudbase.end(now, now, appid) : 0) +
    (all || kind === 'component' ? platforms.revokeOwn(now, appid) : 0)
  )
}
