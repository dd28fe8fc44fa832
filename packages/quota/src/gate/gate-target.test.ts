import type { AppId, CampaignId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { holdFile, nameInFile, pageName, targetName } from './gate-target.js'

const app = 'wx0123456789abcdef' as AppId
const campaign = '01JABCDEFGHJKMNPQRSTVWXYZ0' as CampaignId

describe('a target of the gate', () => {
  it('is found again by the name of its file, among holds of lanes', () => {
    for (const target of [
      { scope: 'page', app, page: { page: 'pages/a b/ü', envVersion: 'trial' } },
      { scope: 'campaign', app, campaign },
    ] as const) {
      const name = targetName(target)
      expect(nameInFile(holdFile(app, name))).toBe(name)
    }
    for (const lane of ['unlimited', 'app', 'page-x']) expect(nameInFile(holdFile(app, lane))).toBeNull()
  })

  it('has a name of its own for each page and version', () => {
    const names = (['release', 'trial'] as const).flatMap((envVersion) =>
      ['pages/a', 'pages/b'].map((page) => pageName({ page, envVersion })),
    )
    expect(new Set(names).size).toBe(4)
  })
})
