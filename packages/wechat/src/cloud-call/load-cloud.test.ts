import { describe, expect, it } from 'vitest'
import { loadCloud } from './load-cloud.js'

/** Answers to every name, `then` too, as the SDK's does. */
const anyName = (): unknown => new Proxy(() => {}, { get: () => anyName(), apply: () => anyName() })

const sdk = () => {
  const inits: unknown[] = []
  return {
    inits,
    DYNAMIC_CURRENT_ENV: 'this one',
    init: (options: unknown) => inits.push(options),
    openapi: anyName(),
  }
}

describe('loadCloud', () => {
  it.each(['as itself', 'as a default'])(
    'starts the SDK in the own environment, imported %s',
    async (how) => {
      const given = sdk()
      const cloud = await loadCloud(async () => (how === 'as itself' ? given : { default: given }))
      expect(given.inits).toEqual([{ env: 'this one' }])
      expect(cloud.openapi).toBe(given.openapi)
    },
  )

  it('halts with the place to go where there is none', async () => {
    const message = expect.stringContaining('infra/cloudcall')
    await expect(loadCloud()).rejects.toMatchObject({ kind: 'halt', code: 'cloud_sdk_missing', message })
  })

  it('tells an SDK that is broken from one that is absent', async () => {
    const absent = Object.assign(new Error("Cannot find module 'protobufjs'\n- wx-server-sdk/index.js"), {
      code: 'MODULE_NOT_FOUND',
    })
    const broken = { kind: 'halt', code: 'cloud_sdk_broken', cause: absent }
    await expect(loadCloud(() => Promise.reject(absent))).rejects.toMatchObject(broken)
  })
})
