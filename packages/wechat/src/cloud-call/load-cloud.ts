/** wx-server-sdk, where it is: only inside a cloud function. It's no dependency, and is looked for when asked for. */
import { HaltFault } from '@sunpress/core'
import type { Cloud } from './cloud.js'

/** Named apart, so that neither compiler nor bundler looks for it. */
const SDK = 'wx-server-sdk'
const WHERE =
  'wx-server-sdk is not here: an app with a credential of kind cloudcall is printed inside a cloud function whose package.json ' +
  'names it (see infra/cloudcall), and nowhere else'

interface Sdk extends Cloud {
  init(options: { readonly env: unknown }): void
  /** The environment that the function runs in. */
  readonly DYNAMIC_CURRENT_ENV: unknown
}

export type LoadModule = (name: string) => unknown

/** Throws HaltFault `cloud_sdk_missing`, or `cloud_sdk_broken` when it's there and does not start. */
export async function loadCloud(load: LoadModule = (name) => import(name)): Promise<Cloud> {
  const sdk = await start(load)
  return { openapi: sdk.openapi }
}

async function start(load: LoadModule): Promise<Sdk> {
  try {
    const loaded = (await load(SDK)) as Sdk & { readonly default?: Sdk }
    const sdk = loaded.default ?? loaded
    sdk.init({ env: sdk.DYNAMIC_CURRENT_ENV })
    return sdk
  } catch (cause) {
    if (isAbsent(cause)) throw new HaltFault('cloud_sdk_missing', WHERE, { cause })
    throw new HaltFault('cloud_sdk_broken', `wx-server-sdk does not start: ${String(cause)}`, { cause })
  }
}

/** The SDK itself; one of its own dependencies that is missing breaks it. */
const isAbsent = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  (cause.code === 'ERR_MODULE_NOT_FOUND' || cause.code === 'MODULE_NOT_FOUND') &&
  /['"]wx-server-sdk['"]/.test(cause.message)
