import { describe, expect, it } from 'vitest'
import { CATALOGUE } from './catalogue.js'
import { createMetrics } from './metrics.js'

const metrics = () => createMetrics({ role: 'worker', version: '1.2.3', ofTheProcess: false })

describe('the catalogue', () => {
  it('names metrics as Prometheus wants it', () => {
    const names = Object.values(CATALOGUE).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { kind, name, help } of Object.values(CATALOGUE)) {
      expect(name).toMatch(/^sunpress_[a-z_]+$/)
      expect(name.endsWith('_total')).toBe(kind === 'counter')
      expect(help).toMatch(/^[A-Z].*[^.]$/)
    }
  })
})

describe('metrics', () => {
  it('count, observe and gauge under their names and labels', async () => {
    const own = metrics()
    own.count('scenes', { app: 'wx1', outcome: 'published' })
    own.count('permitsGranted', { app: 'wx1', lane: 'unlimited' }, 25)
    own.observe('stageSeconds', { stage: 'store' }, 0.02)
    own.set('inFlight', { app: 'wx1', lane: 'limited' }, 2)
    own.set('inFlight', { app: 'wx1', lane: 'limited' }, 1)
    const text = await own.render()
    expect(text).toContain('sunpress_scenes_total{app="wx1",outcome="published"} 1\n')
    expect(text).toContain('sunpress_permits_granted_total{app="wx1",lane="unlimited"} 25\n')
    expect(text).toContain('sunpress_stage_seconds_bucket{le="0.025",stage="store"} 1\n')
    expect(text).toContain('sunpress_in_flight{app="wx1",lane="limited"} 1\n')
    expect(text).toContain('sunpress_build_info{role="worker",version="1.2.3"} 1\n')
  })

  it('count what is outside of a closed set as other', async () => {
    const own = metrics()
    own.count('scenes', { app: 'wx1', outcome: 'exploded' as 'published' })
    expect(await own.render()).toContain('sunpress_scenes_total{app="wx1",outcome="other"} 1\n')
  })

  it('know nothing of each other', async () => {
    const [one, other] = [metrics(), metrics()]
    one.count('scenes', { app: 'wx1', outcome: 'published' })
    expect(await other.render()).not.toContain('wx1')
  })

  it('are read anew at each scrape', async () => {
    const own = metrics()
    let waiting = 5
    own.collect('queueJobs', async () => [
      { labels: { app: `wx${waiting}`, lane: 'unlimited', state: 'waiting' }, value: waiting },
    ])
    expect(await own.render()).toContain(
      'sunpress_queue_jobs{app="wx5",lane="unlimited",state="waiting"} 5\n',
    )
    waiting = 6
    const text = await own.render()
    expect(text).toContain('state="waiting"} 6\n')
    expect(text).not.toContain('wx5')
  })

  it('leave out what can’t be counted, and show the rest', async () => {
    const own = metrics()
    let broken = false
    own.collect('queueJobs', () => {
      if (broken) throw new Error('Redis is away')
      return Promise.resolve([{ labels: { app: 'wx1', lane: 'limited', state: 'active' }, value: 1 }])
    })
    own.count('scenes', { app: 'wx1', outcome: 'reused' })
    expect(await own.render()).toContain('sunpress_queue_jobs{')
    broken = true
    expect(await own.render()).not.toContain('sunpress_queue_jobs{')
    const text = await own.render()
    expect(text).toContain('sunpress_scenes_total{app="wx1",outcome="reused"} 1\n')
    expect(text).toMatch(/^sunpress_collect_failures_total\{metric="sunpress_queue_jobs"\} [12]$/m)
  })

  it('tell of the process too, where they are asked to', async () => {
    const text = await createMetrics({ role: 'worker', version: '1' }).render()
    expect(text).toContain('process_resident_memory_bytes')
    expect(text).toContain('nodejs_eventloop_lag_seconds')
  })
})
