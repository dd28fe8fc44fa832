/** Takes away what crashes left behind: temporary files, and open marks of campaigns that were never finished writing. */
import { type CampaignId, campaignIdFloor } from '@sunpress/core'
import type { CampaignLedger } from '@sunpress/ledger'
import type { UpkeepParts } from './parts.js'
import { isOfTheCampaign } from './set-aside.js'

/** No put takes so long. */
const TEMPORARY_MS = 3_600_000
/** No upload takes so long. */
const UNWRITTEN_MS = 86_400_000

export interface SweepParts extends Pick<UpkeepParts, 'sweepTemporaries'> {
  readonly campaigns: Pick<CampaignLedger, 'listOpen' | 'readCampaign' | 'unmarkOpen'>
  readonly clock: Pick<UpkeepParts['clock'], 'now'>
  readonly observer: Pick<UpkeepParts['observer'], 'failed'>
}

/** One whose file can't be read is told of, and keeps its mark: it may be there. */
export async function sweep(parts: SweepParts): Promise<void> {
  await parts.sweepTemporaries(TEMPORARY_MS)
  for await (const id of parts.campaigns.listOpen()) {
    if (isOld(parts, id)) await sweepMark(parts, id)
  }
}

async function sweepMark({ campaigns, observer }: SweepParts, id: CampaignId): Promise<void> {
  try {
    if ((await campaigns.readCampaign(id)) === null) await campaigns.unmarkOpen(id)
  } catch (fault) {
    if (!isOfTheCampaign(fault)) throw fault
    observer.failed('sweep', fault)
  }
}

const isOld = ({ clock }: SweepParts, id: CampaignId): boolean =>
  id < campaignIdFloor(clock.now() - UNWRITTEN_MS)
