/** The plan of a campaign as the API gives it: what it comes to, and how long the quotas make it last beside all else. */
import { type Look, laneOf } from '@sunpress/core'
import { type LifetimePlan, withinGuard } from '@sunpress/quota'
import {
  besidesOf,
  endOf,
  etaSecondsOf,
  holdOf,
  printableNow,
  standingHolds,
  type Waiting,
} from '@sunpress/upkeep'
import type { ApiContext } from '../context.js'
import type { Plan } from '../schemas/campaign.js'
import type { CampaignDraft } from './campaign-request.js'
import { paceOf } from './lane-pace.js'
import { planCampaign } from './plan-campaign.js'
import type { AppFacts } from './prospects.js'
import type { RowBatches } from './write-scenes.js'

export async function answerPlan(
  context: ApiContext,
  draft: CampaignDraft,
  batches: RowBatches,
): Promise<Plan> {
  const { app } = draft
  const { bytesEach, bytesBy, errors, lifetime, ...facts } = await planCampaign(context, draft, batches)
  const standing = await context.waitingFactsOf(app)
  const nowMs = context.clock.now()
  const etaSeconds = secondsFor(context, draft, facts.calls, { standing, nowMs })
  return {
    app,
    ...facts,
    errors: errors.map(({ line, pointer, errors: defects }) => ({
      ...(line === undefined ? {} : { line }),
      ...(pointer === undefined ? {} : { pointer }),
      errors: [...defects],
    })),
    perMinute: context.rateOf(app, laneOf(draft.look.endpoint)),
    days: etaSeconds === null ? null : Math.ceil(etaSeconds / DAY_SECONDS),
    etaSeconds,
    finishAt: etaSeconds === null ? null : new Date(nowMs + etaSeconds * 1_000).toISOString(),
    storage: { bytes: facts.calls * bytesEach, bytesEach, seen: bytesBy !== 'formula', by: bytesBy },
    lifetime: lifetime === null ? null : presentLifetime(lifetime),
  }
}

const DAY_SECONDS = 86_400

/** As the campaign would tell when it is made now. */
function secondsFor(
  context: Pick<ApiContext, 'rateOf' | 'dayLimitOf'>,
  { app, look, priority }: CampaignDraft,
  calls: number,
  { standing, nowMs }: { readonly standing: AppFacts | null; readonly nowMs: number },
): number | null {
  if (calls === 0) return 0
  const lane = laneOf(look.endpoint)
  const { holds = [], others = [], lanes } = standing ?? {}
  return etaSecondsOf({
    campaign: { priority, counts: { pending: calls }, perMinute: null, window: null },
    waiting: heldBy(look, holds, nowMs),
    pace: paceOf(context, app, lane, lanes?.[lane] ?? null),
    besides: besidesOf({ id: null, lane }, others, printableNow(holds, nowMs)),
    nowMs,
  })
}

function heldBy(look: Look, holds: AppFacts['holds'], nowMs: number): Waiting | null {
  const { endpoint, checkPath, envVersion } = look
  const page = checkPath ? look.page : null
  // Whether rows bring pages that aren't held or not: the plan lasts until those of its look's page are printed.
  const planned = { id: null, lane: laneOf(endpoint), page, envVersion, ownPages: 0 }
  const hold = holdOf(standingHolds(holds, nowMs), planned)
  return hold === null ? null : { reason: hold.reason, nextStepMs: endOf(hold) }
}

const presentLifetime = (plan: LifetimePlan) => ({
  used: plan.usedAfter - plan.fresh,
  fresh: plan.fresh,
  after: plan.usedAfter,
  limit: plan.limit,
  whole: plan.whole,
  allowed: withinGuard(plan),
})
