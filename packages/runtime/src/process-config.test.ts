import { describe, expect, it } from 'vitest'
import { ConfigFault } from './config-fault.js'
import type { Environment } from './config-table.js'
import { readClientConfig, readProducerConfig, readUpConfig, readWorkerConfig } from './process-config.js'

function defectsOf(read: (env: Environment) => unknown, env: Environment): string[] {
  try {
    read(env)
    return []
  } catch (fault) {
    if (fault instanceof ConfigFault) return fault.defects.map(({ field, rule }) => `${field} ${rule}`)
    throw fault
  }
}

describe('the configuration of each process', () => {
  it('needs nothing to be set', () => {
    expect(readProducerConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: { port: 8080 },
      metricsPort: { port: 9464 },
    })
    expect(readWorkerConfig({})).toMatchObject({
      metricsPort: { port: 9465 },
      logLevel: 'info',
      namespace: 'sunpress',
    })
    expect(readClientConfig({})).toEqual({ apiUrl: 'http://127.0.0.1:8080', apiKey: null })
  })

  it('leaves the choice of Redis open for up alone', () => {
    expect(readUpConfig({}).redisUrl).toBeNull()
    expect(readWorkerConfig({}).redisUrl.reveal()).toBe('redis://127.0.0.1:6379')
  })

  it('lets one env file serve all processes', () => {
    const env = {
      PORT: '1',
      SUNPRESS_API_URL: 'http://a',
      SUNPRESS_API_KEYS_FILE: '/k',
      SUNPRESS_PUBLIC_URL: 'http://c',
    }
    for (const read of [readProducerConfig, readWorkerConfig, readUpConfig, readClientConfig]) {
      expect(defectsOf(read, env)).toEqual([])
    }
  })

  it('refuses a misspelt variable in every process', () => {
    for (const read of [readProducerConfig, readWorkerConfig, readUpConfig, readClientConfig]) {
      expect(defectsOf(read, { SUNPRESS_STROE: 'file:x' })).toEqual(['SUNPRESS_STROE unknown'])
    }
  })

  it('refuses half of a credential', () => {
    expect(defectsOf(readWorkerConfig, { WECHAT_APPID: 'wx0123456789abcdef' })).toEqual([
      'WECHAT_APPSECRET contradiction',
    ])
    expect(defectsOf(readWorkerConfig, { AWS_SECRET_ACCESS_KEY: 's' })).toEqual([
      'AWS_ACCESS_KEY_ID contradiction',
    ])
  })

  it('refuses one app beside an apps file', () => {
    const env = { SUNPRESS_APPS_FILE: 'a.yaml', WECHAT_APPID: 'wx0123456789abcdef', WECHAT_APPSECRET: 's' }
    expect(defectsOf(readProducerConfig, env)).toEqual(['WECHAT_APPID contradiction'])
  })

  it('binds the API beyond loopback only with a keys file', () => {
    expect(defectsOf(readProducerConfig, { HOST: '0.0.0.0' })).toEqual(['HOST contradiction'])
    expect(defectsOf(readProducerConfig, { HOST: '0.0.0.0', SUNPRESS_API_KEYS_FILE: '/k' })).toEqual([])
    expect(defectsOf(readProducerConfig, { HOST: '::1' })).toEqual([])
    expect(defectsOf(readWorkerConfig, { HOST: '0.0.0.0' })).toEqual([])
  })

  it('refuses one given port for both API and metrics', () => {
    expect(defectsOf(readProducerConfig, { PORT: '90', METRICS_PORT: '90' })).toEqual([
      'METRICS_PORT contradiction',
    ])
    expect(defectsOf(readProducerConfig, { PORT: '0', METRICS_PORT: '0' })).toEqual([])
  })
})
