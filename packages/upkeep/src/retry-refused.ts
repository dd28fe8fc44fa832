/**
 * Carries out a `retry` of the control log. Which scenes it means is decided once, by the closed rows, and stands in the ledger
 * before anything changes in the index: a rebuild, and a second leader, come to the same.
 */
import type { CampaignRecord, ControlRecord } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { SceneSet } from '@sunpress/ledger'
import { newBits } from './bits.js'
import type { ManifestWriter } from './manifest-writer.js'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import { readRefused } from './progress.js'

const SCENES_AT_ONCE = 1_000

export async function retryRefused(
  parts: UpkeepParts,
  leader: Leadership,
  { campaign, command, writer }: { campaign: CampaignRecord; command: ControlRecord; writer: ManifestWriter },
): Promise<StepEnd> {
  const { id, total } = campaign
  const { seq } = command
  const known = await parts.bits.readRetry(id, total, seq)
  if (known !== null) return await clear(parts, leader, campaign, seq, known.scenes)
  const end = await writer.closeNow(leader, id)
  if (!end.ok) return end
  const standing = await parts.index.readCampaign(leader.app, id)
  if (standing === null) return ended('unknown_campaign')
  if (!mayRetry(standing)) return DONE
  const upTo = standing.closed
  const isAny = standing.counts.refused > 0
  const bits = isAny ? await readRefused(parts, campaign, { upTo, which: command }) : newBits(total)
  const written = await parts.bits.writeRetry(id, total, { seq, upTo, bits })
  return await clear(parts, leader, campaign, seq, written.scenes)
}

export const mayRetry = ({ state }: CampaignIndex): boolean => state === 'running' || state === 'paused'

async function clear(
  parts: UpkeepParts,
  leader: Leadership,
  { id }: CampaignRecord,
  seq: number,
  scenes: SceneSet,
): Promise<StepEnd> {
  const all: number[] = []
  scenes.each((index) => all.push(index))
  for (let at = 0; at === 0 || at < all.length; at += SCENES_AT_ONCE) {
    const indexes = all.slice(at, at + SCENES_AT_ONCE)
    const next = all[at + SCENES_AT_ONCE] ?? null
    const answer = await parts.index.clearRefused(leader, id, { seq, first: indexes[0] ?? 0, next, indexes })
    if (answer === 'fenced') return ended('fenced')
    if (answer === 'rebuild') return ended('no_generation')
  }
  return DONE
}
