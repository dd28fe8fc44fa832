/** A Mini Program: who it is, how we get its tokens, how much we may call. */
import type { AppId, ComponentId } from './ids.js'
import type { Lane } from './lane.js'
import type { Secret } from './secret.js'

/** The app's own secret. */
export interface SecretCredential {
  readonly kind: 'secret'
  readonly appSecret: Secret
  /** `stable`: stable_token, which gives all who ask the same token; `classic`: each call of /cgi-bin/token makes a new one. */
  readonly endpoint: 'stable' | 'classic'
}

/** A third-party platform acts for the app, which has authorised it. */
export interface ComponentCredential {
  readonly kind: 'component'
  readonly component: ComponentId
}

/** A token service that the company already has. */
export interface ExternalCredential {
  readonly kind: 'external'
  readonly url: string
  /** Name to value. */
  readonly headers: Readonly<Record<string, Secret>>
  /** Path of the token in its JSON answer, such as `data.access_token`. */
  readonly tokenPath: string
  /** Path of the seconds that it has left; null: asked again every five minutes. */
  readonly expiresPath: string | null
  /** Told by POST `{ appid }` when WeChat refuses its token; null: nobody is told. */
  readonly rejectedUrl: string | null
}

/** A token that the cloud's platform keeps in a file or a variable of this process. */
export interface CloudbaseCredential {
  readonly kind: 'cloudbase'
  readonly source:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'env'; readonly name: string }
}

/** Cloud hosting: plain HTTP through the sidecar, which adds the token. */
export interface CloudrunCredential {
  readonly kind: 'cloudrun'
  /** The sidecar's host, by default http://api.weixin.qq.com. */
  readonly baseUrl: string
  /** Sends `from_appid`: resources of another account are shared with us. */
  readonly shared: boolean
}

/** Inside a cloud function: no URL and no token, but wx-server-sdk. */
export interface CloudcallCredential {
  readonly kind: 'cloudcall'
  /** Calls for another account that shares its resources with us. */
  readonly shared: boolean
}

export type Credential =
  | SecretCredential
  | ComponentCredential
  | ExternalCredential
  | CloudbaseCredential
  | CloudrunCredential
  | CloudcallCredential

/** A third-party platform: prints for the merchants that have authorised it. */
export interface Component {
  readonly appid: ComponentId
  readonly name: string
  readonly appSecret: Secret
  /** Signs what WeChat pushes. */
  readonly verifyToken: Secret
  /** Encrypts it: 43 characters. */
  readonly encodingAesKey: Secret
  /** `all`: whoever authorises us is printed for; `listed`: only those that the apps file names. */
  readonly merchants: 'all' | 'listed'
  /** Of merchants that the apps file doesn't name. */
  readonly quotas: Quotas
}

/** Calls per minute, day and lifetime; `share` is the part of each that we may use, above 0 up to 1. */
export interface Quotas {
  readonly perMinute: number
  readonly limitedPerMinute: number
  readonly limitedPerDay: number
  readonly limitedLifetime: number
  readonly share: number
}

/**
 * The apps that this process works for, as they are now: the apps file is read again when it changes, and merchants of a platform
 * come and go.
 */
export interface AppBook {
  all(): readonly App[]
  find(appid: AppId): App | undefined
  /** Called after each change; gives the function that ends it. */
  onChange(listener: () => void): () => void
}

export interface App {
  readonly appid: AppId
  readonly name: string
  readonly credential: Credential
  readonly quotas: Quotas
}

export const DEFAULT_QUOTAS: Quotas = {
  perMinute: 5_000,
  limitedPerMinute: 600,
  limitedPerDay: 10_000,
  limitedLifetime: 100_000,
  share: 0.98,
}

/** Most calls of a lane in any 60 s: the limit times our share of it. */
export function perMinuteOf(quotas: Quotas, lane: Lane): number {
  const limit = lane === 'unlimited' ? quotas.perMinute : quotas.limitedPerMinute
  return Math.max(1, Math.floor(limit * quotas.share))
}

/** Most calls of a lane in a day in Shanghai, by the apps file; null: it names none. */
export function perDayOf(quotas: Quotas, lane: Lane): number | null {
  return lane === 'unlimited' ? null : Math.max(1, Math.floor(quotas.limitedPerDay * quotas.share))
}
