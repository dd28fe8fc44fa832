/** The plan of a campaign as the API gives it: what it comes to, and how long the quotas make it last. */
import { type App, laneOf } from '@sunpress/core'
import type { ApiContext } from '../context.js'
import type { Plan } from '../schemas/campaign.js'
import type { CampaignDraft } from './campaign-request.js'
import { planCampaign } from './plan-campaign.js'
import type { RowBatches } from './write-scenes.js'

export async function answerPlan(
  context: ApiContext,
  draft: CampaignDraft,
  batches: RowBatches,
): Promise<Plan> {
  const { app, look } = draft
  const { bytesEach, bytesSeen, errors, ...facts } = await planCampaign(context.codes, draft, batches)
  const lane = laneOf(look.endpoint)
  const perMinute = context.rateOf(app, lane)
  const perDay = lane === 'limited' ? dayLimitOf(context.apps.find(app)) : null
  const etaSeconds = secondsFor(facts.calls, perMinute, perDay)
  const use = lane === 'limited' ? (await context.readQuotas(app)).lifetime : null
  return {
    app,
    ...facts,
    errors: errors.map(({ line, pointer, errors: defects }) => ({
      ...(line === undefined ? {} : { line }),
      ...(pointer === undefined ? {} : { pointer }),
      errors: [...defects],
    })),
    perMinute,
    days: etaSeconds === null ? null : Math.ceil(etaSeconds / DAY_SECONDS),
    etaSeconds,
    finishAt: etaSeconds === null ? null : new Date(context.clock.now() + etaSeconds * 1_000).toISOString(),
    storage: { bytes: facts.calls * bytesEach, bytesEach, seen: bytesSeen },
    lifetime:
      use === null
        ? null
        : { used: use.used, fresh: facts.calls, after: use.used + facts.calls, limit: use.limit },
  }
}

const DAY_SECONDS = 86_400

const dayLimitOf = (app: App | undefined): number | null =>
  app === undefined ? null : Math.floor(app.quotas.limitedPerDay * app.quotas.share)

/** Whole days are spent on all but the last day's calls. Pure. */
export function secondsFor(calls: number, perMinute: number | null, perDay: number | null): number | null {
  if (calls === 0) return 0
  if (perMinute === null || perMinute <= 0) return null
  const wholeDays = perDay === null ? 0 : Math.ceil(calls / perDay) - 1
  const left = perDay === null ? calls : calls - wholeDays * perDay
  return wholeDays * DAY_SECONDS + Math.ceil((left * 60) / perMinute)
}
