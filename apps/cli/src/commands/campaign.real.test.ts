import { expect, it } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { startStubProducer } from '../testing/stub-producer.js'

const campaign = makeCampaign({ state: 'completed' }, { total: 2, published: 2 })
const producer = await startStubProducer(({ status, answer }, what) => {
  if (what.startsWith('GET /v1/campaigns?'))
    return { status: 200, answer: { items: [campaign], nextCursor: null } }
  if (what === `GET /v1/campaigns/${campaign.id}`) return { status: 200, answer: campaign }
  return { status, answer }
})
const run = (...args: readonly string[]) => producer.run(['campaign', ...args])

it('gives a manifest as the producer writes it', async () => {
  producer.answer = 'scene,url\r\ns=1,http://x/1\r\n'
  const { code, out } = await run('manifest', campaign.id, '--format', 'csv')
  expect([code, out]).toEqual([0, producer.answer])
})

it.each(['csv', 'ndjson', 'json'])('says why there is no manifest as %s', async (format) => {
  producer.status = 409
  const detail = 'It was purged.'
  producer.answer = { status: 409, code: 'campaign_purged', title: 'Conflict', detail, errors: [] }
  const { code, out, err } = await run('manifest', campaign.id, '--format', format)
  expect([code, out, err]).toEqual([1, '', 'sunpress: It was purged. (409)\n'])
})

it('marks times of the list as UTC', async () => {
  expect((await run('list')).out).toMatch(/ 2026-01-02T03:04:05Z {2}stores\n$/)
})

it('shows how one stands, in lines or as it was told', async () => {
  expect((await run('show', campaign.id)).out).toMatch(/state {5}completed\n.*2 scenes: 2 published/)
  expect(JSON.parse((await run('show', campaign.id, '--json')).out)).toEqual(campaign)
})

it('plans with the words that make a campaign, and names the columns that nobody reads', async () => {
  const storage = { bytes: 1, bytesEach: 1, seen: false, by: 'formula' }
  producer.answer = {
    ...{ app: campaign.app, rows: 1, invalidRows: 0, errors: [], ignoredColumns: ['note', 'town'] },
    ...{ duplicates: 0, alreadyPublished: 0, calls: 1, estimated: false, perMinute: null, days: 1 },
    ...{ etaSeconds: null, finishAt: null, storage, lifetime: null },
  }
  const course = ['--skip-bad-rows', '--priority', '7', '--canary', '2', '--no-lifetime-guard']
  const { code, err } = await producer.run(
    ['campaign', 'plan', '--app', campaign.app, '--csv', '-', ...course],
    'scene,note,town\ns=1,x,y\n',
  )
  expect([code, err]).toEqual([0, 'Columns left out: note, town\n'])
  const [{ what = '' } = {}] = producer.asked
  expect(Object.fromEntries(new URL(what.slice(5), 'http://x').searchParams)).toMatchObject({
    ...{ dryRun: 'true', badRows: 'skip', priority: '7', canary: '2', lifetimeGuard: 'false' },
  })
})
