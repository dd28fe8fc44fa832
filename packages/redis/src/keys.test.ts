import type { AppId, CampaignId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { appKeys } from './keys.js'

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
