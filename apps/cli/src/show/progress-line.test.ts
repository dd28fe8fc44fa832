import { expect, test } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { describeState, renderDuration, renderPlainLine, renderProgressLine } from './progress-line.js'

const half = makeCampaign({}, { published: 140, refused: 10 })

test('a line says how much is done, how fast and how long it will take', () => {
  expect(renderPlainLine({ campaign: half, speed: 75 })).toBe('150/300  50 %  10 refused  75/s  ETA 2 s')
})

test("the producer's estimate goes before what was measured", () => {
  const campaign = { ...half, etaSeconds: 7200 }
  expect(renderPlainLine({ campaign, speed: 75 })).toContain('ETA 2 h 00 min')
})

test('a campaign that waits says what for, and one that is paused says so', () => {
  expect(renderPlainLine({ campaign: { ...half, waitingReason: 'minute_quota' }, speed: null })).toContain(
    'waiting: minute_quota',
  )
  const paused = (waitingReason: string) =>
    renderPlainLine({ campaign: { ...half, state: 'paused', waitingReason, etaSeconds: null }, speed: 75 })
  expect(paused('paused')).toMatch(/ {2}paused$/)
  expect(paused('canary')).toMatch(/ {2}paused \(canary\)$/)
  for (const line of [paused('paused'), paused('canary')]) expect(line).not.toContain('ETA')
})

test('a wait without an estimate says when its next step comes, where there is one', () => {
  const waiting = (waitingReason: string, waitingUntil: string | null) =>
    renderPlainLine({ campaign: { ...half, waitingReason, waitingUntil }, speed: null })
  const at = '2026-01-02T03:04:05.678Z'
  expect(waiting('page_held', at)).toMatch(/waiting: page_held until 2026-01-02T03:04:05Z$/)
  expect(waiting('campaign_held', null)).toMatch(/waiting: campaign_held$/)
  expect(waiting('minute_quota', at)).toMatch(/waiting: minute_quota$/)
})

test('a state is told with what it waits for', () => {
  expect(describeState({ state: 'running', waitingReason: null })).toBe('running')
  expect(describeState({ state: 'running', waitingReason: 'token' })).toBe('running (token)')
  expect(describeState({ state: 'paused', waitingReason: 'paused' })).toBe('paused')
  expect(describeState({ state: 'paused', waitingReason: 'canary' })).toBe('paused (canary)')
  expect(describeState({ state: 'planning', waitingReason: 'uploading' })).toBe('planning (uploading)')
})

test('there is no estimate while nobody knows how long it waits, and one where that is known', () => {
  const waiting = (waitingReason: string, etaSeconds: number | null = 5) =>
    renderPlainLine({ campaign: { ...half, waitingReason, etaSeconds }, speed: 75 })
  expect(waiting('token')).not.toContain('ETA')
  expect(waiting('campaign_held', null)).not.toContain('ETA')
  for (const reason of ['minute_quota', 'day_quota', 'window_closed', 'higher_priority']) {
    expect(waiting(reason)).toContain('ETA 5 s')
    expect(waiting(reason, null)).not.toContain('ETA')
  }
})

test('what was cancelled is not done', () => {
  const campaign = makeCampaign({ state: 'cancelled' }, { published: 120, cancelled: 180 })
  expect(renderPlainLine({ campaign, speed: null })).toBe('120/300  40 %  180 cancelled')
  expect(renderProgressLine({ campaign, speed: null }, 120)).toContain('░')
})

test('the bar is filled by as much as is done', () => {
  const line = renderProgressLine({ campaign: half, speed: 75 }, 120)
  expect(line.startsWith(`${'█'.repeat(15)}${'░'.repeat(15)}  150/300`)).toBe(true)
})

test('a bar is full only when nothing is pending', () => {
  const nearly = makeCampaign({}, { published: 299 })
  expect(renderProgressLine({ campaign: nearly, speed: null }, 120)).toContain('░')
  expect(renderPlainLine({ campaign: nearly, speed: null })).toContain('99 %')
})

test('a line never fills the terminal, however narrow that is', () => {
  const campaign = { ...half, waitingReason: 'higher_priority' }
  for (let columns = 1; columns <= 120; columns++) {
    expect(renderProgressLine({ campaign, speed: 75 }, columns).length).toBeLessThan(columns)
  }
})

test('an empty campaign divides nothing by zero', () => {
  expect(renderProgressLine({ campaign: makeCampaign({}, { total: 0 }), speed: null }, 80)).toContain(
    '0/0  0 %',
  )
})

test.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [185, '3 min 05 s'],
  [7800, '2 h 10 min'],
  [86_400 * 14 + 3 * 3600, '14 d 3 h'],
])('%d seconds read as %s', (seconds, text) => {
  expect(renderDuration(seconds)).toBe(text)
})
