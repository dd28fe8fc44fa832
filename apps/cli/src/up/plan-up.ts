/** What `up` starts, with which environment. Pure: the environment in, a plan out. */
import { join, relative, resolve } from 'node:path'
import { hasApps, type UpConfig } from '@sunpress/runtime'
import { levelOf, WARN } from './log-line.js'

export interface UpPlan {
  /** Nobody named a Redis. */
  readonly ownRedis: boolean
  /** No app is configured. */
  readonly simulate: boolean
  readonly demo: boolean
  readonly dataFolder: string
  /** What led to it, for messages. */
  readonly folderSetting: { readonly name: string; readonly value: string }
  readonly redisFolder: string
  readonly logFolder: string
  /** The level from which log lines are shown: warnings, unless LOG_LEVEL asks for another one. */
  readonly showFrom: number
  readonly notes: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The simulated WeChat takes any app and any secret; these are in the README's examples. */
export const DEMO_APP = 'wx0123456789abcdef'
const DEMO_SECRET = 'simulated'
/** Where Redis and logs go when the pictures go elsewhere. */
const DEFAULT_FOLDER = 'data'

export function planUp(config: UpConfig, env: Environment, wanted: { demo: boolean; cwd: string }): UpPlan {
  const dataFolder = resolve(wanted.cwd, folderOf(config.store) ?? DEFAULT_FOLDER)
  const ownFolder = folderOf(config.store) === null
  const simulate = !hasApps(config)
  return {
    ownRedis: config.redisUrl === null,
    simulate,
    demo: simulate && wanted.demo,
    dataFolder,
    folderSetting: ownFolder
      ? { name: 'folder', value: DEFAULT_FOLDER }
      : { name: 'SUNPRESS_STORE', value: config.store },
    redisFolder: join(dataFolder, 'redis'),
    logFolder: join(dataFolder, 'logs'),
    showFrom: isSet(env['LOG_LEVEL']) ? levelOf(config.logLevel) : WARN,
    notes:
      simulate && isSet(env['WECHAT_BASE_URL'])
        ? ['WECHAT_BASE_URL is left aside: no app is configured, so WeChat is simulated']
        : [],
  }
}

export interface Found {
  /** Of the Redis that `up` started. */
  readonly redisUrl: string | null
  /** Of the simulated WeChat. */
  readonly wechatUrl: string | null
}

/** What the producer and the worker are given: the environment of `up`, and what it has started for them. */
export function serviceEnvironment(
  role: 'producer' | 'worker',
  env: Environment,
  found: Found,
): NodeJS.ProcessEnv {
  const { METRICS_PORT: metricsPort, ...rest } = env
  // One port can't serve two: a given one is the producer's, and the worker takes its default.
  const ours = role === 'producer' || metricsPort === '0' ? metricsPort : undefined
  return {
    ...rest,
    ...(ours === undefined ? {} : { METRICS_PORT: ours }),
    ...(found.redisUrl === null ? {} : { REDIS_URL: found.redisUrl }),
    ...(found.wechatUrl === null
      ? {}
      : { WECHAT_BASE_URL: found.wechatUrl, WECHAT_APPID: DEMO_APP, WECHAT_APPSECRET: DEMO_SECRET }),
    SUNPRESS_TETHER: 'fd',
  }
}

/** `file:/a`, `file:///a` or `file:./a`; null for a store elsewhere. The services judge the rest of it. */
const folderOf = (store: string): string | null => /^file:(?:\/\/(?=\/))?(.+)$/.exec(store)?.[1] ?? null

/** As a person would write it, from where they are. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path)
  return near === '' ? '.' : near.startsWith('..') ? path : near
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ''
