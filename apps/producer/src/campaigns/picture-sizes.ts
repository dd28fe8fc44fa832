/** How large pictures are, before they are printed: as the app's last ones of the same kind were, else as drawings of the kind are. */
import { type AppId, type CampaignId, type Clock, type FeedEvent, isHalt, type Look } from '@sunpress/core'
import type { CampaignLedger, ManifestLedger } from '@sunpress/ledger'

export interface SizeParts {
  readonly campaigns: Pick<CampaignLedger, 'listNewest' | 'readCampaign'>
  readonly manifests: Pick<ManifestLedger, 'readPartAt'>
  readonly clock: Pick<Clock, 'now'>
}

/** Campaigns looked at, of all apps. */
const MOST_LOOKED_AT = 50

/** Bytes of one picture of this app, format and width, by the newest campaign whose first rows have some; null: there is none. */
export async function recentBytes(parts: SizeParts, app: AppId, look: Look): Promise<number | null> {
  let looked = 0
  for await (const id of parts.campaigns.listNewest(parts.clock.now())) {
    if (looked++ === MOST_LOOKED_AT) return null
    const bytes = await unlessDamaged(() => bytesIn(parts, id, app, look))
    if (bytes !== null) return bytes
  }
  return null
}

async function bytesIn(
  { campaigns, manifests }: SizeParts,
  id: CampaignId,
  app: AppId,
  look: Look,
): Promise<number | null> {
  const campaign = await campaigns.readCampaign(id)
  if (campaign === null || campaign.app !== app || !isAlike(campaign.look, look)) return null
  // One part is as good as another, and the first one is found without a list of them.
  return averageBytes((await manifests.readPartAt(id, 1)) ?? [])
}

function averageBytes(rows: readonly FeedEvent[]): number | null {
  let [pictures, bytes] = [0, 0]
  for (const row of rows) {
    if (row.type === 'code.refused') continue
    pictures++
    bytes += row.bytes
  }
  return pictures === 0 ? null : Math.round(bytes / pictures)
}

/** A square QR code is another drawing. */
const isAlike = (one: Look, other: Look): boolean =>
  one.format === other.format &&
  one.width === other.width &&
  (one.endpoint === 'qrcode') === (other.endpoint === 'qrcode')

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (fault) {
    if (isHalt(fault)) return null
    throw fault
  }
}

/**
 * Measured on drawings of the same kind: JPEGs of 27 to 34 kB at 280 pixels, 46 to 63 at 430, 174 to 336 at 1280; transparent PNGs
 * of 18 to 20, 29 to 32 and 93 to 105 kB.
 */
export const assumedBytes = ({ format, width }: Pick<Look, 'format' | 'width'>): number =>
  format === 'jpg' ? Math.round(55_000 * (width / 430) ** 1.4) : Math.round(30_000 * (width / 430) ** 1.1)
