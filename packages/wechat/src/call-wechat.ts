/** One HTTP call that is counted, whatever comes of it. Asks nothing twice. */
import { type AppId, isFault, WaitFault } from '@sunpress/core'
import type { HttpAnswer, HttpClient, HttpRequest } from '@sunpress/http'
import { type CalledEndpoint, type CallObserver, transportLabel } from './call-observer.js'

export interface Called {
  readonly app: AppId
  readonly endpoint: CalledEndpoint
}

/** The answer, yet to be counted by whoever can tell what it is; a call that failed is counted here. */
export async function callWechat(
  http: HttpClient,
  observer: CallObserver,
  { app, endpoint }: Called,
  request: HttpRequest,
): Promise<HttpAnswer> {
  try {
    return await http.request(request)
  } catch (reason) {
    // A WaitFault of the transport says that nothing was written: no call.
    if (!(reason instanceof WaitFault)) {
      observer.called(app, endpoint, isFault(reason) ? transportLabel(reason.code) : 'aborted')
    }
    throw reason
  }
}
