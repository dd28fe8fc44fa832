import type { AppId, UpstreamEndpoint } from '@sunpress/core'

export type CalledEndpoint = UpstreamEndpoint | 'stable_token'

export interface CallObserver {
  /**
   * One call that may have reached WeChat. `errcode`: "0" for a picture or a token, WeChat's number, or what came
   * instead: "http_503", "timeout", "reset", "truncated", "empty", "not_a_picture", "aborted" and the like.
   */
  called(app: AppId, endpoint: CalledEndpoint, errcode: string): void
}

/** The label of a transport fault: its code without the prefix. */
export const transportLabel = (code: string): string => code.replace(/^upstream_/, '')
