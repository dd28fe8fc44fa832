import { describe, expect, it } from 'vitest'
import {
  type CampaignReport,
  type CampaignState,
  type ControlRecord,
  FINAL_STATES,
  isReopened,
  isRetried,
  stateAfter,
} from './campaign.js'

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
    ['running', 'priority', 'running'],
    ['paused', 'priority', 'paused'],
    ['running', 'retry', 'running'],
    ['paused', 'retry', 'paused'],
    ['completed', 'retry', 'running'],
    ['cancelled', 'retry', null],
    ['failed', 'retry', null],
    ['completed', 'priority', null],
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

describe('a retry', () => {
  it.each<[string, Parameters<typeof isRetried>[0], boolean]>([
    ['without a wish', {}, true],
    ['of empty wishes', { errcodes: [], reasons: [] }, true],
    ['of its errcode', { errcodes: [45029, 41030] }, true],
    ['of its reason', { reasons: ['invalid_page'] }, true],
    ['of another errcode', { errcodes: [45029] }, false],
    ['of another reason', { reasons: ['worker_lost'] }, false],
    ['of another errcode, or its reason', { errcodes: [45029], reasons: ['invalid_page'] }, true],
  ])('%s means a refused row or not', (_, wish, meant) => {
    expect(isRetried(wish, { errcode: 41030, reason: 'invalid_page' })).toBe(meant)
  })

  it('of errcodes means no row that has none', () => {
    expect(isRetried({ errcodes: [0] }, { errcode: null, reason: 'worker_lost' })).toBe(false)
  })

  it('opens a completed campaign again when its report does not know of it', () => {
    const report = (state: CampaignReport['state'], retried?: number) =>
      ({ state, ...(retried === undefined ? {} : { retried }) }) as CampaignReport
    const log = [
      { command: 'pause', seq: 1 },
      { command: 'retry', seq: 2 },
    ] as ControlRecord[]
    expect(isReopened(report('completed'), log)).toBe(true)
    expect(isReopened(report('completed', 2), log)).toBe(false)
    expect(isReopened(report('cancelled'), log)).toBe(false)
    expect(isReopened(report('completed'), log.slice(0, 1))).toBe(false)
  })
})
