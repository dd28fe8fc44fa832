/** The checker itself: it must say nothing of a clean run, and of each thing broken on purpose what is broken. */
import { createHash } from 'node:crypto'
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  codeIdOf,
  codeKey,
  DEFAULT_LOOK,
  eventIdOf,
  type FeedEvent,
  lookIdOf,
} from '@sunpress/core'
import { startSimulator } from '@sunpress/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Artefacts, type CampaignArtefacts, checkGuarantees } from './check-guarantees.js'

const app = 'wx0123456789abcdef' as AppId
const id = '01HF000000000000000000000A' as CampaignId
const look = { ...DEFAULT_LOOK, page: 'pages/index/index', width: 280 }
const scenes = ['s=0', 's=1', 'bad=2']
const expected = {
  limit: 2,
  mostPictures: 1,
  attempts: 6,
  mustBeRefused: (scene: string) => scene.startsWith('bad'),
}
const record: CampaignRecord = {
  v: 1,
  id,
  app,
  name: 'stores',
  priority: 5,
  look,
  badRows: 'refuse',
  source: { kind: 'range' },
  total: 3,
  skipped: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
}

let simulator: Awaited<ReturnType<typeof startSimulator>>
let clean: Artefacts
let drawn: Uint8Array[]

/** Pictures as WeChat's simulator draws them. */
async function draw(scene: string): Promise<Uint8Array> {
  const ask = `${simulator.url}/cgi-bin/token?grant_type=client_credential&appid=${app}&secret=s`
  const { access_token } = (await (await fetch(ask)).json()) as { access_token: string }
  const body = JSON.stringify({ scene, page: look.page, width: look.width })
  const call = { method: 'POST', body }
  const answer = await fetch(`${simulator.url}/wxa/getwxacodeunlimit?access_token=${access_token}`, call)
  return new Uint8Array(await answer.arrayBuffer())
}

const row = (index: number, n: number) => ({
  v: 1 as const,
  id: eventIdOf(id, index),
  app,
  campaign: id,
  index,
  n,
  scene: scenes[index] ?? '',
  page: look.page,
})

function published(index: number, n: number): FeedEvent {
  const codeId = codeIdOf(app, scenes[index] ?? '', look)
  const bytes = drawn[index] ?? new Uint8Array()
  return {
    ...row(index, n),
    type: 'code.published',
    codeId,
    look: lookIdOf(look),
    key: codeKey(codeId, 'jpg'),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    contentType: 'image/jpeg',
    width: 280,
    reused: false,
    publishedAt: '2026-01-01T00:00:01.000Z',
  }
}

const refused = (index: number, n: number): FeedEvent => ({
  ...row(index, n),
  ...{ type: 'code.refused', errcode: 41030, reason: 'invalid_page', rid: null, attempts: 1 },
  refusedAt: '2026-01-01T00:00:01.000Z',
})

const keyOf = (index: number) => codeKey(codeIdOf(app, scenes[index] ?? '', look), 'jpg')

beforeAll(async () => {
  simulator = await startSimulator()
  drawn = await Promise.all(scenes.slice(0, 2).map(draw))
  const counts = { total: 3, published: 2, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 }
  clean = {
    campaigns: [
      {
        record,
        rows: scenes.map((scene) => ({ scene })),
        parts: [
          { firstN: 1, events: [published(1, 1), published(0, 2)] },
          { firstN: 3, events: [refused(2, 3)] },
        ],
        index: {
          v: 1,
          parts: [
            { firstN: 1, rows: 2 },
            { firstN: 3, rows: 1 },
          ],
        },
        report: { v: 1, id, state: 'completed', counts, finishedAt: '2026-01-01T00:00:02.000Z' },
        api: {
          campaign: { state: 'completed', counts },
          manifest: [published(1, 1), published(0, 2)],
          failures: [refused(2, 3)],
        },
      },
    ],
    pictures: new Map(drawn.map((bytes, index) => [keyOf(index), bytes])),
    open: [],
    calls: [
      { at: 0, scene: 's=0', outcome: 'picture' },
      { at: 1, scene: 's=1', outcome: 'picture' },
      { at: 60_000, scene: 'bad=2', outcome: '41030' },
    ],
  }
})
afterAll(() => simulator?.close())

const withCampaign = (changes: (campaign: CampaignArtefacts) => Partial<CampaignArtefacts>): Artefacts => ({
  ...clean,
  campaigns: clean.campaigns.map((campaign) => ({ ...campaign, ...changes(campaign) })),
})
/** The same rows, each changed; what the report says stays. */
const withEvents = (change: (events: FeedEvent[]) => FeedEvent[]): Artefacts =>
  withCampaign(({ parts }) => ({
    parts: parts.map((part) => ({ ...part, events: change([...part.events]) })),
  }))
const withPicture = (index: number, bytes: Uint8Array): Artefacts => ({
  ...clean,
  pictures: new Map([...clean.pictures, [keyOf(index), bytes]]),
})
const eachEvent = (change: object) =>
  withEvents((events) => events.map((event) => ({ ...event, ...change }) as FeedEvent))

/** What is broken, and what the checker must say of it. */
const BROKEN: readonly [string, () => Artefacts, RegExp][] = [
  [
    'a picture cut short',
    () => withPicture(0, drawn[0]?.subarray(0, -1) ?? drawn[0] ?? new Uint8Array()),
    /truncated/,
  ],
  ['a picture of another scene', () => withPicture(0, drawn[1] ?? new Uint8Array()), /scene is s=1, not s=0/],
  ['a picture that is missing', () => ({ ...clean, pictures: new Map() }), /no picture under/],
  [
    'a file that is no picture',
    () => ({ ...clean, pictures: new Map([...clean.pictures, ['codes/x.part', new Uint8Array()]]) }),
    /not a picture's name/,
  ],
  [
    'a row that is missing',
    () => withEvents((events) => events.filter(({ index }) => index !== 0)),
    /2 of 3 scenes ended/,
  ],
  [
    'a row that comes twice',
    () => withEvents((events) => events.flatMap((event) => [event, event])),
    /ended twice/,
  ],
  [
    'a gap in the numbers',
    () => withEvents((events) => events.map((event) => ({ ...event, n: event.n + 1 }))),
    /stands in place/,
  ],
  ['a row with another scene', () => eachEvent({ scene: 's=9' }), /s=9 instead of s=1/],
  ['an id of another row', () => eachEvent({ id: `${id}.9` }), /its id is/],
  ['another width', () => eachEvent({ width: 430 }), /told is 430, not 280/],
  ['another checksum', () => eachEvent({ sha256: 'ab' }), /sha256 is/],
  ['a scene called reused that is alone', () => eachEvent({ reused: true }), /it is the only one/],
  [
    'a part that is missing',
    () => withCampaign(({ parts }) => ({ parts: parts.slice(1) })),
    /part-3 follows row 0/,
  ],
  [
    'a report of other counts',
    () =>
      withCampaign(({ report }) => ({
        report: report && { ...report, counts: { ...report.counts, published: 3 } },
      })),
    /report/,
  ],
  [
    'an API that counts otherwise',
    () =>
      withCampaign(({ api }) => ({
        api: api && { ...api, campaign: { ...api.campaign, state: 'running' } },
      })),
    /the API says state running, not completed/,
  ],
  [
    'an API that leaves out a row',
    () => withCampaign(({ api }) => ({ api: api && { ...api, manifest: api.manifest.slice(1) } })),
    /the API gives other rows of code.published/,
  ],
  ['no report', () => withCampaign(() => ({ report: null })), /has not ended/],
  [
    'an index that lists other parts',
    () => withCampaign(() => ({ index: { v: 1, parts: [] } })),
    /index.json lists/,
  ],
  [
    'an index that counts refusals otherwise',
    () =>
      withCampaign(({ index }) => ({
        index: index && { ...index, parts: index.parts.map((part) => ({ ...part, refused: 17 })) },
      })),
    /index.json lists/,
  ],
  ['an open mark', () => ({ ...clean, open: [`open/${id}`] }), /is left/],
  [
    'calls over the limit',
    () => ({ ...clean, calls: clean.calls.map((call) => ({ ...call, at: call.at * 0.99 })) }),
    /more than 2 calls/,
  ],
  [
    'a picture fetched again',
    () => ({ ...clean, calls: clean.calls.map((call) => ({ ...call, scene: 's=0', outcome: 'picture' })) }),
    /fetched 3 times/,
  ],
]

describe('the checker', () => {
  it('says nothing of a run that kept its guarantees', () => {
    expect(checkGuarantees(clean, expected)).toEqual([])
  })

  it.each(BROKEN)('sees %s', (_, broken, sentence) => {
    expect(checkGuarantees(broken(), expected).join('\n')).toMatch(sentence)
  })

  it('sees calls that come faster than their pace', () => {
    const pace = (calls: number) => ({ ...expected, pace: { withinMs: 5_000, calls } })
    expect(checkGuarantees(clean, pace(2))).toEqual([])
    expect(checkGuarantees(clean, pace(1)).join()).toMatch(/more than 1 calls in the 5 s before 1/)
  })

  it('sees what was published though WeChat refuses it, and what was refused too soon', () => {
    const none = { ...expected, mustBeRefused: () => false }
    expect(checkGuarantees(clean, none).join()).toMatch(/refused as invalid_page after 1 attempts/)
    const all = { ...expected, mustBeRefused: () => true }
    expect(checkGuarantees(clean, all).join()).toMatch(/published what WeChat refuses/)
  })
})
