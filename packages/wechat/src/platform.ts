/** The third-party platform that acts for an app: what the tokens of its merchants are got from. */
import type { AppId, ComponentId, Secret } from '@sunpress/core'
import type { TokenAnswer } from './token-answer.js'

export interface Platform {
  /** The platform's own AppSecret: its merchants' tokens are sealed in Redis under a key derived from it. */
  readonly appSecret: Secret
  /** A fresh token of the merchant's app; one call at a time for an app is the caller's affair. Faults are answers. */
  authorizerToken(appid: AppId, totalMs: number, signal: AbortSignal): Promise<TokenAnswer>
}

export interface Platforms {
  find(component: ComponentId): Platform | undefined
}
