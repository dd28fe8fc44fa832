/** Everything that a worker asks of WeChat: tokens of each kind of credential, and the calls themselves. */
import {
  type AppBook,
  type AppId,
  type CodeApi,
  isHalt,
  RenewFault,
  type Road,
  type Tokens,
  type UpstreamEndpoint,
} from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { type Metrics, observeTokens, observeUpstream, secretsIn } from '@sunpress/telemetry'
import {
  type CallObserver,
  chooseCodeApi,
  createCloudCallApi,
  createCloudrunApi,
  createCodeApi,
  createOriginClients,
  createTokens,
  loadCloud,
  type QuotaAnswer,
  type QuotaApiTerms,
  readQuota,
} from '@sunpress/wechat'
import { createCallObserver } from './call-observer.js'
import { type PlatformBase, startPlatforms } from './platforms.js'

export interface WechatBase extends PlatformBase {
  readonly metrics: Metrics
}

export interface Wechat extends Pick<Road, 'tokens' | 'api'> {
  /** For questions about quotas. */
  readonly terms: QuotaApiTerms
  /** Told of WeChat's header Num-Used from now on. */
  onNumUsed(listener: (app: AppId, codes: number) => void): void
}

/** Connections established before the first permit is spent. */
const WARM = 8

export async function openWechat(base: WechatBase): Promise<Wechat> {
  const { apps, clock, commands: redis, config, defer } = base
  const random = Math.random
  const clientOf = (baseUrl: string): HttpClient => createHttpClient({ baseUrl, clock, random })
  const http = clientOf(config.wechatBaseUrl)
  defer((hurry) => (hurry.aborted ? http.destroy() : http.close()))
  await http.warm(WARM)
  const sidecars = createOriginClients(clientOf)
  defer((hurry) => (hurry.aborted ? sidecars.destroy() : sidecars.close()))

  let numUsed: (app: AppId, codes: number) => void = () => undefined
  const told = createCallObserver(observeUpstream(base), observeTokens(base))
  const observer: CallObserver = {
    called: told.called,
    numUsed(app, codes) {
      told.numUsed(app, codes)
      numUsed(app, codes)
    },
  }
  const terms = { http, clock, random, observer }
  const platforms = await startPlatforms(base, http, observer)
  const find = (appid: AppId) => apps.find(appid)
  const secretsOf = (appid: AppId) => secretsIn(apps.find(appid))
  const tokens = createTokens({
    ...terms,
    ...(platforms === undefined ? {} : { platforms }),
    ...{ redis, namespace: config.namespace, apps: find },
  })
  defer(() => tokens.close())
  const api = chooseCodeApi(find, {
    http: createCodeApi({ ...terms, secretsOf }),
    cloudrun: createCloudrunApi({ apps: find, sidecars, clock, random, observer }),
    ...(await openCloudCall(base, terms)),
  })
  return {
    ...{ tokens, api, terms },
    onNumUsed(listener) {
      numUsed = listener
    },
  }
}

/** Only inside a cloud function there is a cloud to call: elsewhere such an app waits, and the others go on. */
async function openCloudCall(
  { apps, clock, logger }: WechatBase,
  terms: QuotaApiTerms,
): Promise<{ cloudcall?: CodeApi }> {
  if (apps.all().every(({ credential }) => credential.kind !== 'cloudcall')) return {}
  const isShared = (appid: AppId): boolean => {
    const credential = apps.find(appid)?.credential
    return credential?.kind === 'cloudcall' && credential.shared
  }
  try {
    return { cloudcall: createCloudCallApi({ ...terms, clock, cloud: await loadCloud(), isShared }) }
  } catch (fault) {
    if (!isHalt(fault)) throw fault
    logger.error({ fault }, 'apps of kind cloudcall are not printed for here')
    return {}
  }
}

/** Apps that have no token here can't be asked about. */
const UNASKABLE: ReadonlySet<string> = new Set(['cloudrun', 'cloudcall'])
const NOT_TOLD: QuotaAnswer = {
  kind: 'left',
  until: 'next_time',
  words: { errcode: 0, errmsg: 'this kind of credential has no token', rid: null },
}

/** A stale token is dropped: the next question is put with another. */
export const quotaReader =
  (apps: AppBook, tokens: Tokens, terms: QuotaApiTerms) =>
  async (app: AppId, endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<QuotaAnswer> => {
    if (UNASKABLE.has(apps.find(app)?.credential.kind ?? '')) return NOT_TOLD
    const token = await tokens.get(app, signal)
    try {
      return await readQuota(terms, app, token, endpoint, signal)
    } catch (fault) {
      if (fault instanceof RenewFault) await tokens.drop(app, token)
      throw fault
    }
  }
