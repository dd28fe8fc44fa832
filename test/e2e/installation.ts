/**
 * A whole Sunpress of real processes for the tests of one file: Redis of its own, simulator, producer, workers, and a store.
 * Promises: everything has ended and every file is gone after `stop`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RedisOptions, type RedisServer, startRedis } from '../services/redis.mjs'
import type { S3Access } from '../services/s3.mjs'
import { type Api, type ApiOptions, createApi } from './api.js'
import { type Environment, type Service, type ServiceOptions, startService } from './service.js'
import { createSimulatorAdmin, type SimulatorAdmin } from './simulator-admin.js'

/** Any number of them: what is held, paused or lost for one says nothing of another. */
export const appid = (n: number): string => `wx${n.toString(16).padStart(16, '0')}`
const APPS = 6

export interface InstallationOptions {
  readonly s3?: S3Access & { readonly bucket: string }
  readonly redis?: RedisOptions
  /** Stands between redis:// and the host: ":password@". */
  readonly redisLogin?: string
  /** How many there are; by default 6. */
  readonly apps?: number
  readonly perMinute?: number
  readonly latencyMs?: number
  /** Of all processes; the last word. */
  readonly env?: Environment
  readonly appSecret?: string
  readonly api?: ApiOptions
  /** Stands between the workers and the simulated WeChat. */
  readonly front?: (simulatorUrl: string) => Promise<string>
}

export interface Installation {
  readonly folder: string
  /** Of the file store. */
  readonly storeFolder: string
  readonly env: Environment
  readonly redis: RedisServer
  readonly redisUrl: string
  readonly simulator: Service
  readonly admin: SimulatorAdmin
  readonly producer: Service
  readonly api: Api
  /** Every process that was started here, also those that have ended. */
  readonly services: readonly Service[]
  /** Beside the first one, or in its place. */
  startProducer(options?: ServiceOptions): Promise<Service>
  /** `apps`: it serves these alone, `perMinute`: at this pace. */
  startWorker(
    options?: ServiceOptions & { readonly apps?: readonly string[]; readonly perMinute?: number },
  ): Promise<Service>
  stop(): Promise<void>
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const { perMinute = 5_000, latencyMs = 0, s3 } = options
  const allApps = Array.from({ length: options.apps ?? APPS }, (_, n) => appid(n))
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-e2e-'))
  const redis = await startRedis(options.redis)
  const services: Service[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()))
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const launch = async (...args: Parameters<typeof startService>): Promise<Service> => {
    const service = await startService(...args)
    services.push(service)
    return service
  }
  try {
    const rates = ['--per-minute', String(perMinute), '--latency-ms', String(latencyMs)]
    const simulator = await launch('simulator', { args: ['--port', '0', '--admin-port', '0', ...rates] })
    const storeFolder = join(folder, 'store')
    const redisUrl = redis.url.replace('//', `//${options.redisLogin ?? ''}`)
    const env = {
      REDIS_URL: redisUrl,
      SUNPRESS_STORE: s3 === undefined ? `file:${storeFolder}` : `s3://${s3.bucket}/some/prefix`,
      SUNPRESS_APPS_FILE: await writeApps(folder, perMinute, allApps),
      E2E_APP_SECRET: options.appSecret ?? 'an-app-secret',
      WECHAT_BASE_URL: (await options.front?.(simulator.url)) ?? simulator.url,
      PORT: '0',
      METRICS_PORT: '0',
      ...(s3 === undefined ? {} : s3Variables(s3)),
      ...options.env,
    }
    const producer = await launch('producer', { env })
    return {
      ...{ folder, storeFolder, env, redis, redisUrl, simulator, producer, services, stop },
      admin: createSimulatorAdmin(simulator.adminUrl, simulator.url),
      api: createApi(producer.url, options.api),
      startProducer: (more = {}) => launch('producer', { ...more, env: { ...env, ...more.env } }),
      async startWorker({ apps, perMinute: pace = perMinute, ...more } = {}) {
        const own = apps === undefined ? {} : { SUNPRESS_APPS_FILE: await writeApps(folder, pace, apps) }
        return await launch('worker', { ...more, env: { ...env, ...own, ...more.env } })
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function writeApps(folder: string, perMinute: number, apps: readonly string[]): Promise<string> {
  const path = join(folder, `apps-${perMinute}-${apps.join('-').slice(0, 100)}.yaml`)
  const lines = apps.flatMap((app) => [
    `  - appid: ${app}`,
    '    credential: { kind: secret, appSecret: "env:E2E_APP_SECRET" }',
    `    quotas: { perMinute: ${perMinute} }`,
  ])
  await writeFile(path, `apps:\n${lines.join('\n')}\n`)
  return path
}

export const s3Variables = (s3: S3Access): Environment => ({
  AWS_ENDPOINT_URL_S3: s3.endpoint,
  AWS_REGION: s3.region,
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
})
