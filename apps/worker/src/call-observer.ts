/** What the client says of its calls, told as the events of telemetry. */
import type { TokenObserver, UpstreamObserver } from '@sunpress/telemetry'
import type { CallObserver } from '@sunpress/wechat'

export const createCallObserver = (upstream: UpstreamObserver, tokens: TokenObserver): CallObserver => ({
  called(app, endpoint, errcode) {
    if (endpoint === 'stable_token') tokens.refreshed(app, errcode === '0' ? 'refreshed' : 'failed', errcode)
    else upstream.called(app, endpoint, /^-?\d+$/.test(errcode) ? Number(errcode) : errcode)
  },
  numUsed: (app, codes) => upstream.numUsed(app, codes),
})
