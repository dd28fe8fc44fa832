import type { AppId, UpstreamEndpoint } from '@sunpress/core'

export type CalledEndpoint = UpstreamEndpoint | 'stable_token'

export interface CallObserver {
  /**
   * One call that may have reached WeChat. `errcode`: "0" for a picture or a token, WeChat's number, or what came
   * instead: "http_503", "timeout", "reset", "truncated", "empty", "not_a_picture", "aborted" and the like.
   */
  called(app: AppId, endpoint: CalledEndpoint, errcode: string): void
  /** WeChat's count of the codes that getwxacode and createwxaqrcode have made for the app, of 100,000; when it tells. */
  numUsed(app: AppId, codes: number): void
}

/** The label of a transport fault: its code without the prefix. */
export const transportLabel = (code: string): string => code.replace(/^upstream_/, '')
