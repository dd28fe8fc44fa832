import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppId, CampaignId, Generation } from './ids.js'
import { DEFAULT_LOOK, type Look } from './look.js'
import { decodeJob, encodeJob, JOB_VERSION, jobId, type SceneJob } from './scene-job.js'

const app = 'wx0123456789abcdef' as AppId
const campaign = '01J0000000000000000000000A' as CampaignId
const job: SceneJob = {
  app,
  generation: 'g1' as Generation,
  campaign,
  campaignCreatedAtMs: 1_700_000_000_000,
  index: 7,
  scene: 's=7',
  look: { ...DEFAULT_LOOK, page: 'pages/a' },
  again: false,
  lastRound: false,
}
const viaRedis = (data: unknown): unknown => JSON.parse(JSON.stringify(data))

describe('a job', () => {
  it('comes back from Redis as it went', () => {
    const full: SceneJob = { ...job, page: 'pages/b', ref: 'R', caption: '店', again: true, lastRound: true }
    for (const one of [job, full]) {
      expect(decodeJob(app, viaRedis(encodeJob(one)))).toEqual({ kind: 'job', job: one })
    }
  })

  it('comes back with any look', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    const look: fc.Arbitrary<Look> = fc.record({
      endpoint: fc.constantFrom('unlimited', 'limited', 'qrcode'),
      page: fc.constantFrom(null, 'pages/a'),
      checkPath: fc.boolean(),
      envVersion: fc.constantFrom('release', 'trial', 'develop'),
      width: fc.integer({ min: 280, max: 1280 }),
      autoColor: fc.boolean(),
      lineColor: fc.record({ r: byte, g: byte, b: byte }),
      hyaline: fc.boolean(),
      epoch: fc.nat(),
      format: fc.constantFrom('jpg', 'png'),
    })
    fc.assert(
      fc.property(look, (any) => {
        const decoded = decodeJob(app, viaRedis(encodeJob({ ...job, look: any })))
        expect(decoded).toEqual({ kind: 'job', job: { ...job, look: any } })
      }),
    )
  })

  it('is small: fields at their default are left out', () => {
    expect(viaRedis(encodeJob(job))).toEqual({
      v: 1,
      g: 'g1',
      c: campaign,
      at: 1_700_000_000_000,
      i: 7,
      s: 's=7',
      l: { page: 'pages/a' },
    })
    expect(encodeJob({ ...job, look: { ...DEFAULT_LOOK, hyaline: true, format: 'png' } }).l).toEqual({
      hyaline: true,
    })
  })

  it('of a newer release is not read', () => {
    const newer = { v: JOB_VERSION + 1, something: 'else' }
    expect(decodeJob(app, newer)).toEqual({ kind: 'newer', version: JOB_VERSION + 1 })
  })

  it.each([
    [null],
    ['text'],
    [{}],
    [{ v: '1' }],
    [{ ...encodeJob(job), c: undefined }],
    [{ ...encodeJob(job), g: 1 }],
    [{ ...encodeJob(job), s: null }],
    [{ ...encodeJob(job), i: 1.5 }],
    [{ ...encodeJob(job), i: -1 }],
    [{ ...encodeJob(job), i: '7' }],
    [{ ...encodeJob(job), at: null }],
    [{ ...encodeJob(job), l: 'look' }],
  ])('is malformed as %j', (data) => {
    expect(decodeJob(app, data)).toMatchObject({ kind: 'malformed' })
  })

  it('is named by campaign and index', () => {
    expect(jobId(campaign, 12)).toBe(`${campaign}.12`)
  })
})
