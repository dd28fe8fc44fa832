import { HoldFault, RefuseFault, RetryFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { campaignHeld, heldFault, pageHeld, sharedCause } from './judge-refusal.js'

const words = (errcode: number, errmsg = 'no', rid: string | null = null) => ({ errcode, errmsg, rid })
const refuse = (errcode: number) => new RefuseFault('x', 'x', words(errcode))
const numbers = { pageHeldMs: 600_000, pageRefusals: 5, campaignRefusals: 20 }

describe('sharedCause', () => {
  it('is the page for 41030, where WeChat checks one', () => {
    expect(sharedCause(refuse(41030), true)).toBe('page')
    expect(sharedCause(refuse(41030), false)).toBeNull()
  })

  it.each([40097, 47001, 40189, 40159, 40165, 40212])('is the campaign for %i', (errcode) => {
    expect(sharedCause(refuse(errcode), false)).toBe('campaign')
  })

  it('is none for a scene of its own, for other faults, and for refusals that are ours', () => {
    expect(sharedCause(refuse(40129), true)).toBeNull()
    expect(sharedCause(new RetryFault('x', 'x', words(47001)), true)).toBeNull()
    expect(sharedCause(new RefuseFault('invalid_data', 'x'), true)).toBeNull()
  })
})

describe('what a hold says', () => {
  it("has WeChat's words, each rid once, and what to do", () => {
    const rid = '61725984-6126f6f9-040f19c4'
    const page = pageHeld('pages/a', 'trial', words(41030, `invalid page rid: ${rid}`, rid), numbers)
    expect(page).toBeInstanceOf(HoldFault)
    expect(page.message.split(rid)).toHaveLength(2)
    expect(page.message).toMatch(/pages\/a \(trial\).*Release.*checkPath false/)
    const campaign = campaignHeld(words(40189, 'invalid width', rid), 20)
    expect(campaign.message).toMatch(/20 different scenes.*40189 "invalid width" \(rid 61725984/)
    expect(campaign.forMs).toBeGreaterThan(366 * 86_400_000)
  })

  it('is passed on to those who are told to go away', () => {
    const target = { scope: 'page', app: 'wx' as never, page: { page: 'p', envVersion: 'trial' } } as const
    const fault = heldFault({ target, reason: 'page_held', message: 'why' }, 42)
    expect(fault).toMatchObject({ code: 'held_page_held', afterMs: 42, dropsJob: true })
    expect(fault.message).toBe('the page is held: why')
  })
})
