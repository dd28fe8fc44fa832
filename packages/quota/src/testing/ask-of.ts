/** A call for a permit to be asked for. */
import { type AppId, type CampaignId, DEFAULT_LOOK, type Lane, type PermitAsk } from '@sunpress/core'

export function askOf(app: AppId, lane: Lane, scene = 's=1'): PermitAsk {
  const endpoint = lane === 'unlimited' ? 'getwxacodeunlimit' : 'getwxacode'
  return {
    app,
    lane,
    campaign: '01JDXMG8V0000000000000000A' as CampaignId,
    call: { app, endpoint, scene, look: DEFAULT_LOOK },
  }
}
