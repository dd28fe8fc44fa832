import type { AppId, CampaignId, ComponentId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { appKeys, platformKeys } from './keys.js'

describe('appKeys', () => {
  it("puts every key of an app under the app's hash tag, each under a name of its own", () => {
    const keys = appKeys('ns', 'wx0123456789abcdef' as AppId)
    const id = '01JABCDEFGHJKMNPQRSTVWXYZ0' as CampaignId
    const names = Object.entries(keys)
      .filter(([name]) => name !== 'queuePrefix')
      .map(([, key]) => (typeof key === 'function' ? (key as (part: string) => string)(id) : (key as string)))
    names.push(keys.permits('unlimited'), keys.permits('limited'))
    for (const name of names) expect(name).toMatch(/^ns:\{wx0123456789abcdef\}:./)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('platformKeys', () => {
  it("puts every key of a platform under the platform's hash tag, each under a name of its own", () => {
    const keys = platformKeys('ns', 'wxfedcba9876543210' as ComponentId)
    const names = Object.values(keys).map((key: unknown) =>
      typeof key === 'function' ? (key as (part: string) => string)('part') : String(key),
    )
    for (const name of names) expect(name).toMatch(/^ns:\{wxfedcba9876543210\}:./)
    expect(new Set(names).size).toBe(names.length)
  })
})
