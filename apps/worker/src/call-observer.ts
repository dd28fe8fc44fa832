/** What the client says of its calls, told as the events of telemetry. */
import type { TokenObserver, UpstreamObserver } from '@sunpress/telemetry'
import { type CallObserver, isPlatformEndpoint, isQuotaEndpoint, isTokenEndpoint } from '@sunpress/wechat'

export const createCallObserver = (upstream: UpstreamObserver, tokens: TokenObserver): CallObserver => ({
  called(app, endpoint, errcode) {
    if (isTokenEndpoint(endpoint)) tokens.refreshed(app, errcode === '0' ? 'refreshed' : 'failed', errcode)
    // Questions about quotas and merchants make no code: they have no metric.
    else if (!isQuotaEndpoint(endpoint) && !isPlatformEndpoint(endpoint))
      upstream.called(app, endpoint, /^-?\d+$/.test(errcode) ? Number(errcode) : errcode)
  },
  numUsed: (app, codes) => upstream.numUsed(app, codes),
})
