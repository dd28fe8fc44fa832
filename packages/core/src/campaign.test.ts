import { describe, expect, it } from 'vitest'
import { type CampaignState, type ControlRecord, FINAL_STATES, stateAfter } from './campaign.js'

describe('stateAfter', () => {
  it.each<[CampaignState, ControlRecord['command'], CampaignState | null]>([
    ['planning', 'pause', null],
    ['planning', 'resume', null],
    ['planning', 'cancel', 'cancelled'],
    ['running', 'pause', 'paused'],
    ['running', 'resume', 'running'],
    ['running', 'cancel', 'cancelled'],
    ['paused', 'pause', 'paused'],
    ['paused', 'resume', 'running'],
    ['paused', 'cancel', 'cancelled'],
  ])('of a %s campaign told to %s is %s', (state, command, after) => {
    expect(stateAfter(state, command)).toBe(after)
  })

  it('is nothing once the campaign has ended', () => {
    expect([...FINAL_STATES].sort()).toEqual(['cancelled', 'completed', 'failed'])
    for (const state of FINAL_STATES) {
      for (const command of ['pause', 'resume', 'cancel'] as const)
        expect(stateAfter(state, command)).toBeNull()
    }
  })
})
