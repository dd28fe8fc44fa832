/** One CodeApi over several: each call goes the way of its app's credential, as that is at the moment. */
import { type App, type AppId, type CodeApi, WaitFault } from '@sunpress/core'

export interface CodeApis {
  /** With an access token: secret, component, external, cloudbase. */
  readonly http: CodeApi
  readonly cloudrun: CodeApi
  /** Only inside a cloud function. */
  readonly cloudcall?: CodeApi
}

const NOT_HERE_MS = 30_000

export function chooseCodeApi(apps: (appid: AppId) => App | undefined, apis: CodeApis): CodeApi {
  const apiOf = (appid: AppId): CodeApi => {
    const kind = apps(appid)?.credential.kind
    if (kind === undefined) throw notHere('app_unknown', `${appid} is not configured here`)
    if (kind === 'cloudrun') return apis.cloudrun
    if (kind !== 'cloudcall') return apis.http
    if (apis.cloudcall !== undefined) return apis.cloudcall
    throw notHere('cloudcall_elsewhere', `${appid} is called from a cloud function, and this is none`)
  }
  return {
    request: async (call, token, permit, signal) =>
      await apiOf(call.app).request(call, token, permit, signal),
  }
}

const notHere = (code: string, message: string): WaitFault => new WaitFault(code, message, NOT_HERE_MS)
