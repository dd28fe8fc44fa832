/** Who a call is from: by its token, of whatever kind, or by the cloud that it comes from. */
import type { World } from './call.js'
import type { Platform } from './component/platform.js'
import type { TokenState } from './tokens.js'

export type Bearer = {
  readonly appid: string
  readonly state: TokenState
  /** The third-party platform whose token it is. */
  readonly platform?: Platform
  /** No token was sent: the cloud hosting vouches for the app. */
  readonly hosted?: boolean
  /** Why a good token doesn't help. */
  readonly errcode?: number
}

type Sources = Pick<World, 'tokens' | 'platforms' | 'cloudbase' | 'hosting'>

/** Undefined when the call brings no token and no cloud vouches for it. */
export function findBearer(query: URLSearchParams, now: number, world: Sources): Bearer | undefined {
  const token = query.get('access_token')
  if (token) return byToken(token, now, world)
  const cloudbase = query.get('cloudbase_access_token')
  if (cloudbase) return byCloudbase(cloudbase, now, world)
  const hosted = world.hosting.order()
  if (hosted === undefined) return undefined
  return { appid: query.get('from_appid') || hosted.appid, state: 'valid', hosted: true }
}

function byToken(token: string, now: number, { tokens, platforms }: Sources): Bearer {
  const own = tokens.look(token, now)
  if (own.state !== 'unknown') return own
  const { appid, state, platform } = platforms.lookAuthorizer(token, now)
  return platform === undefined ? { appid, state } : { appid, state, platform }
}

/** A platform's token acts for the merchant behind the `@`. */
function byCloudbase(sent: string, now: number, { cloudbase, platforms }: Sources): Bearer {
  const at = sent.lastIndexOf('@')
  const { owner, state } = cloudbase.look(at < 0 ? sent : sent.slice(0, at), now)
  const appid = at < 0 ? owner : sent.slice(at + 1)
  if (state !== 'valid' || appid === owner) return { appid: owner, state }
  const platform = platforms.find(owner)
  const authorised = platform?.authorizers.has(appid) === true
  return platform === undefined || !authorised ? { appid, state, errcode: 61003 } : { appid, state, platform }
}
