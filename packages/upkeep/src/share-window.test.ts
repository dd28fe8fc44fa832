import type { CampaignId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { type Claim, shareWindow } from './share-window.js'

const claim = (id: string, priority: number, wants: number): Claim => ({
  id: id as CampaignId,
  priority,
  wants,
})
const shares = (window: number, claims: readonly Claim[]) => Object.fromEntries(shareWindow(window, claims))

describe('the window of a lane', () => {
  it('is all of a campaign that is alone', () => {
    expect(shares(2_000, [claim('a', 1, 1_000_000)])).toEqual({ a: { scenes: 2_000, ahead: 0 } })
  })

  it('is divided evenly among campaigns of one priority, and what one leaves goes to the others', () => {
    expect(shares(2_000, [claim('a', 5, 9_999), claim('b', 5, 100), claim('c', 5, 9_999)])).toEqual({
      a: { scenes: 950, ahead: 0 },
      b: { scenes: 100, ahead: 0 },
      c: { scenes: 950, ahead: 0 },
    })
  })

  it('goes to the higher priority first, but for an eighth, which goes ahead by weight', () => {
    expect(shares(2_000, [claim('low', 1, 9_999), claim('high', 9, 9_999), claim('mid', 4, 9_999)])).toEqual({
      high: { scenes: 1_750, ahead: 0 },
      mid: { scenes: 200, ahead: 200 },
      low: { scenes: 50, ahead: 50 },
    })
  })

  it('goes to the lower priority where the higher one has no more work', () => {
    expect(shares(2_000, [claim('low', 1, 9_999), claim('high', 9, 300)])).toEqual({
      high: { scenes: 300, ahead: 0 },
      low: { scenes: 1_700, ahead: 250 },
    })
  })

  it('is never divided into more than there is, however many campaigns there are', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => claim(`c${at}`, 1 + (at % 9), 1_000))
    const all = [...shareWindow(2_000, many).values()]
    expect(all.reduce((total, { scenes }) => total + scenes, 0)).toBe(2_000)
    expect(all.every(({ scenes, ahead }) => scenes >= ahead)).toBe(true)
  })
})
