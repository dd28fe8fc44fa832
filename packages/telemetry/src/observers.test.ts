import {
  type AppId,
  type CampaignId,
  type Generation,
  HaltFault,
  HoldFault,
  type RefusedEvent,
  RetryFault,
  type Unnumbered,
  WaitFault,
} from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createLogger } from './logger.js'
import { createMetrics } from './metrics.js'
import { observeRequests, observeRoad, observeTokens, observeUpstream } from './observers.js'
import { observeQuota } from './quota-observer.js'
import { fakeClock } from './testing/fake-clock.js'
import { memorySink } from './testing/memory-sink.js'
import { observeUpkeep } from './upkeep-observer.js'

const app = 'wx0123456789abcdef' as AppId

function parts(level = 'debug') {
  const sink = memorySink()
  const clock = fakeClock()
  const metrics = createMetrics({ role: 'worker', version: '1', ofTheProcess: false })
  const levels = () => sink.entries().map((entry) => entry['level'])
  return { sink, clock, metrics, levels, logger: createLogger({ role: 'worker', level, sink }) }
}

describe('observeRoad', () => {
  it('counts each end, and is loud about refusals alone', async () => {
    const { metrics, sink, ...rest } = parts('info')
    const road = observeRoad({ metrics, ...rest })
    road.published(app, 'published')
    road.published(app, 'reused')
    road.refused({
      app,
      campaign: 'C',
      index: 7,
      reason: 'invalid_page',
      errcode: 41030,
      rid: '1-2-3',
    } as Unnumbered<RefusedEvent>)
    expect(await metrics.render()).toContain(`sunpress_scenes_total{app="${app}",outcome="refused"} 1\n`)
    expect(sink.entries()).toEqual([expect.objectContaining({ level: 'warn', app, reason: 'invalid_page' })])
  })

  it('counts faults by code and by what was done next', async () => {
    const { metrics, levels, ...rest } = parts()
    const road = observeRoad({ metrics, ...rest })
    road.judged(app, new RetryFault('upstream_timeout', 'slow'), 'retry')
    road.judged(app, new WaitFault('permit_expired', 'late', 0), 'take_again')
    road.judged(app, new WaitFault('held_page_held', 'held', 0, { dropsJob: true }), 'drop')
    road.judged(app, new HaltFault('redis_forbidden', 'no'), 'halt')
    road.judged(app, new TypeError('a bug'), 'retry')
    const text = await metrics.render()
    expect(text).toContain(`sunpress_faults_total{app="${app}",code="upstream_timeout",next="retry"} 1\n`)
    expect(text).toContain(`sunpress_faults_total{app="${app}",code="permit_expired",next="take_again"} 1\n`)
    expect(text).toContain(`sunpress_faults_total{app="${app}",code="unexpected",next="retry"} 1\n`)
    expect(levels()).toEqual(['info', 'debug', 'debug', 'error', 'error'])
  })

  it('warns of a hold once, however many calls meet it, and again when it comes again', () => {
    const { levels, clock, ...rest } = parts()
    const road = observeRoad({ clock, ...rest })
    const hold = () =>
      new HoldFault('errcode_45009', 'too many', { scope: 'lane', reason: 'minute_quota', forMs: 60_000 })
    for (let i = 0; i < 3; i++) road.judged(app, hold(), 'hold')
    clock.pass(59_999)
    road.judged(app, hold(), 'hold')
    clock.pass(1)
    road.judged(app, hold(), 'hold')
    expect(levels()).toEqual(['warn', 'debug', 'debug', 'debug', 'warn'])
  })

  it('measures the stages and counts dropped jobs', async () => {
    const { metrics, ...rest } = parts()
    const road = observeRoad({ metrics, ...rest })
    road.stage('inspect', 0.0004)
    road.dropped(app, 'cancelled')
    road.dropped(app, 'held')
    road.parked({ app, campaign: 'C' as CampaignId, generation: 'G' as Generation, index: 7 })
    road.overBudget(app)
    const text = await metrics.render()
    expect(text).toContain('sunpress_stage_seconds_count{stage="inspect"} 1\n')
    expect(text).toContain(`sunpress_jobs_dropped_total{app="${app}",why="cancelled"} 1\n`)
    expect(text).toContain(`sunpress_jobs_dropped_total{app="${app}",why="held"} 1\n`)
    expect(text).toContain(`sunpress_scenes_parked_total{app="${app}"} 1\n`)
    expect(text).toContain(`sunpress_retry_budget_exhausted_total{app="${app}"} 1\n`)
  })
})

describe('observeUpstream', () => {
  it('gives each errcode we know its own count, and the others one', async () => {
    const { metrics, ...rest } = parts()
    const upstream = observeUpstream({ metrics, ...rest })
    for (const errcode of [0, -1, '45009', 99999, '88888', 'timeout']) {
      upstream.called(app, 'getwxacodeunlimit', errcode)
    }
    const text = await metrics.render()
    const counted = (errcode: string) =>
      text.includes(
        `sunpress_upstream_calls_total{app="${app}",endpoint="getwxacodeunlimit",errcode="${errcode}"}`,
      )
    expect(['0', '-1', '45009', 'other', 'timeout'].map(counted)).not.toContain(false)
    expect(counted('99999')).toBe(false)
    expect(text).toContain('errcode="other"} 2\n')
  })

  it('stays bounded when the words of the transport do not', async () => {
    const { metrics, ...rest } = parts('info')
    const upstream = observeUpstream({ metrics, ...rest })
    for (let i = 0; i < 100; i++) upstream.called(app, 'getwxacode', `word_${i}`)
    const series = (await metrics.render()).match(/^sunpress_upstream_calls_total\{/gm)
    expect(series).toHaveLength(31)
  })
})

describe('the other observers', () => {
  it('count permits', async () => {
    const { metrics, ...rest } = parts()
    const { permits } = observeQuota({ metrics, ...rest })
    permits.granted(app, 'unlimited', 25)
    permits.wasted(app, 'limited', 3)
    const text = await metrics.render()
    expect(text).toContain(`sunpress_permits_granted_total{app="${app}",lane="unlimited"} 25\n`)
    expect(text).toContain(`sunpress_permits_wasted_total{app="${app}",lane="limited"} 3\n`)
  })

  it('count calls for tokens by themselves and warn of failures', async () => {
    const { metrics, levels, sink, ...rest } = parts()
    const tokens = observeTokens({ metrics, ...rest })
    tokens.refreshed(app, 'refreshed')
    tokens.refreshed(app, 'failed', '40125')
    tokens.refreshed(app, 'failed', new WaitFault('upstream_unreachable', 'away', 1))
    const text = await metrics.render()
    expect(text).toContain(`sunpress_tokens_refreshed_total{app="${app}",outcome="failed"} 2\n`)
    expect(text).not.toContain('sunpress_upstream_calls_total{')
    expect(levels()).toEqual(['info', 'warn', 'warn'])
    expect(sink.entries()).toMatchObject([
      {},
      { errcode: '40125' },
      { fault: { code: 'upstream_unreachable' } },
    ])
  })

  it('count requests by route pattern', async () => {
    const { metrics } = parts()
    const requests = observeRequests({ metrics })
    requests.answered('GET', '/v1/codes/:codeId', 200)
    requests.answered('BREW', '/v1/codes/:codeId', 405)
    const text = await metrics.render()
    expect(text).toContain(
      'sunpress_http_requests_total{method="GET",route="/v1/codes/:codeId",status="200"} 1\n',
    )
    expect(text).toContain(
      'sunpress_http_requests_total{method="other",route="/v1/codes/:codeId",status="405"} 1\n',
    )
  })

  it('log what upkeep did, and count the scenes that it published itself', async () => {
    const { logger, levels, metrics } = parts()
    const upkeep = observeUpkeep({ logger, metrics })
    upkeep.rebuilt({ app }, 'no_generation', 3)
    upkeep.finished({ app }, '01', 'completed')
    upkeep.failed(app, new WaitFault('redis_unavailable', 'away', 1))
    upkeep.resent({ app }, 'unlimited', 5)
    upkeep.reused({ app }, 200)
    expect(levels()).toEqual(['warn', 'info', 'warn', 'info'])
    expect(await metrics.render()).toContain(`sunpress_scenes_total{app="${app}",outcome="reused"} 200\n`)
  })
})
