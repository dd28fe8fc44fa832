/** An app as the API gives it. */
import { type App, type Hold, isFault, type Lane } from '@sunpress/core'
import type { QuotaReading } from '@sunpress/telemetry'
import type { ApiContext } from '../context.js'

export async function describeApp(context: ApiContext, { appid, name }: App) {
  const [holds, { lanes, lifetime }] = await Promise.all([holdsOf(context, appid), context.readQuotas(appid)])
  const quotasOf = (wanted: Lane) => {
    const { perMinute, perDay, rate, usedByOthers } = laneOf(lanes, wanted)
    return { perMinute, perDay, rate, usedByOthers }
  }
  return {
    appid,
    name,
    quotas: {
      unlimited: quotasOf('unlimited'),
      limited: { ...quotasOf('limited'), lifetime },
    },
    holds,
    // One that is still there may be the very one that WeChat refuses.
    token: { state: holds?.some(isOfToken) === true ? 'held' : await context.tokenStateOf(appid) },
  }
}

type Lanes = QuotaReading['lanes']

function laneOf(lanes: Lanes, wanted: Lane): Lanes[number] {
  const found = lanes.find(({ lane }) => lane === wanted)
  if (found === undefined) throw new TypeError(`no quotas of lane ${wanted}`)
  return found
}

const isOfToken = ({ reason }: { reason: string }): boolean => reason === 'token'

/** null while Redis can't be asked. */
async function holdsOf({ readHolds }: ApiContext, appid: App['appid']) {
  try {
    return (await readHolds(appid)).map(present)
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}

const present = ({ target, reason, untilMs, message }: Hold) => ({
  scope: target.scope,
  lane: target.scope === 'lane' ? target.lane : null,
  page: target.scope === 'page' ? target.page : null,
  campaign: target.scope === 'campaign' ? target.campaign : null,
  reason,
  message,
  until: new Date(untilMs).toISOString(),
})
