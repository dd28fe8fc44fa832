/** What we use of wx-server-sdk: its shape alone, so that nothing here depends on it. Source: wx-server-sdk 4.0.2. */
import type { CloudParams } from './cloud-params.js'

/** Gives `{ contentType, buffer, errCode, errMsg }`; throws `{ errCode, errMsg }`. */
export type CloudCall = (params: CloudParams) => Promise<unknown>

export interface OpenApi {
  readonly wxacode: {
    readonly getUnlimited: CloudCall
    readonly get: CloudCall
    readonly createQRCode: CloudCall
  }
}

/** NOTE: `openapi` is a proxy that answers to every name, `then` too: never await it, nor resolve a promise with it. */
export interface Cloud {
  /** Called with an appid: the same for another account that shares its resources with ours. */
  readonly openapi: OpenApi & ((options: { readonly appid: string }) => OpenApi)
}
