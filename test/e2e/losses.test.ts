/**
 * Redis loses what it holds in the middle of campaigns. Every process is a real one. The three losses happen at the same time, each
 * to an installation of its own: each of them takes its minute.
 */
import { describe, expect, it, vi } from 'vitest'
import { type LossStory, NAMES, tellLoss, total } from './loss-story.js'
import { LOSSES, type Loss } from './redis-losses.js'
import type { Call } from './simulator-admin.js'

vi.setConfig({ testTimeout: 240_000 })

const told = new Map<Loss, Promise<LossStory>>()
/** All are told from the first question on. */
function storyOf(loss: Loss): Promise<LossStory> {
  if (told.size === 0)
    for (const each of LOSSES) {
      const story = tellLoss(each)
      // Whoever asks for it hears of it.
      story.catch(() => undefined)
      told.set(each, story)
    }
  return told.get(loss) ?? Promise.reject(new Error(loss))
}

const WHY: Record<Loss, string> = {
  FLUSHALL: 'no_generation',
  'a new empty Redis': 'no_generation',
  'an older snapshot restored': 'new_server',
}
const GO_ON = ['half', 'urgent', 'reopened', 'paused'] as const

/** How often each scene was called for. */
const timesOf = (calls: readonly Call[]): Map<string | null, number> => {
  const times = new Map<string | null, number>()
  for (const { scene } of calls) times.set(scene, (times.get(scene) ?? 0) + 1)
  return times
}

describe.each(LOSSES)('after %s', (loss) => {
  it('upkeep notices by itself, and builds the index of each app anew, once', async () => {
    const { reasons } = await storyOf(loss)
    expect(reasons).toEqual([WHY[loss], WHY[loss], WHY[loss]])
  })

  it('every campaign is in the state, and of the priority, that it was commanded into', async () => {
    const { before, rested } = await storyOf(loss)
    const standing = NAMES.map((name) => [name, rested[name].campaign.state, rested[name].campaign.priority])
    expect(standing).toEqual([
      ['half', 'completed', 5],
      ['paused', 'paused', 5],
      ['cancelled', 'cancelled', 5],
      ['dropped', 'cancelled', 5],
      ['completed', 'completed', 5],
      ['reopened', 'completed', 5],
      ['urgent', 'completed', 9],
    ])
    // The loss met them as the story says.
    expect(before.half.campaign.counts.pending).toBeGreaterThan(0)
    expect(before.urgent.campaign.counts.pending).toBeGreaterThan(0)
    expect(before.cancelled.campaign.counts.cancelled).toBeGreaterThan(0)
    expect(before.paused.campaign.counts.pending).toBeGreaterThan(0)
  })

  it.each(GO_ON)('each scene of the campaign "%s" is published once', async (name) => {
    const { after } = await storyOf(loss)
    const { campaign, rows } = after[name]
    expect(campaign.counts).toMatchObject({ published: total(name), refused: 0, cancelled: 0, pending: 0 })
    expect(rows.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: total(name) }, (_, index) => index),
    )
  })

  it('what had ended stays as it was, row by row, and gets no call', async () => {
    const { before, after, commandsToCancelled } = await storyOf(loss)
    for (const name of ['completed', 'cancelled'] as const) {
      expect(after[name].campaign).toEqual(before[name].campaign)
      expect(after[name].rows).toEqual(before[name].rows)
      expect(after[name].calls).toHaveLength(before[name].calls.length)
    }
    expect(commandsToCancelled).toEqual([409, 200])
  })

  it('what was cancelled in that very moment ends with what was published', async () => {
    const { after, heardAtMs } = await storyOf(loss)
    const { campaign, rows, calls } = after.dropped
    expect(campaign.counts).toMatchObject({ total: total('dropped'), refused: 0, pending: 0 })
    expect(campaign.counts.cancelled).toBeGreaterThan(0)
    expect(rows).toHaveLength(campaign.counts.published)
    expect(new Set(rows.map(({ index }) => index)).size).toBe(rows.length)
    // What was in hand when the command came may still call.
    expect(calls.filter(({ at }) => at > heardAtMs)).toEqual([])
  })

  it('the paused one gets no call until it is resumed, and then one for each scene that had none', async () => {
    const { before, rested, after } = await storyOf(loss)
    expect(rested.paused.calls).toHaveLength(before.paused.calls.length)
    expect(after.paused.calls).toHaveLength(total('paused'))
  })

  it('no scene that was published costs a call, and none twice but those in hand at the loss', async () => {
    const { before, after, heardAtMs } = await storyOf(loss)
    for (const name of NAMES) {
      const published = new Set<string | null>(before[name].rows.map(({ scene }) => scene))
      const [earlier, all] = [timesOf(before[name].calls), timesOf(after[name].calls)]
      expect(
        [...all].filter(([scene, times]) => published.has(scene) && times !== earlier.get(scene)),
      ).toEqual([])
      // In hand: called for before the loss, or by who had not heard of it, and not published.
      const inHand = timesOf(after[name].calls.filter(({ at }) => at <= heardAtMs))
      const twice = [...all].filter(([, times]) => times > 1)
      const isAllowed = (scene: string | null): boolean => inHand.has(scene) && !published.has(scene)
      expect(twice.filter(([scene, times]) => times > 2 || !isAllowed(scene))).toEqual([])
    }
  })

  it('refused scenes that a retry had let go are called for and printed, each of them', async () => {
    const { after } = await storyOf(loss)
    expect(timesOf(after.reopened.calls).size).toBe(total('reopened'))
  })

  it('every picture in the store is whole and what its row says', async () => {
    const { defects, verified } = await storyOf(loss)
    expect(defects).toEqual([])
    expect(verified.filter(({ code }) => code !== 0)).toEqual([])
  })
})
