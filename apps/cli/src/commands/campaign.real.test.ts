import { expect, it } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { startStubProducer } from '../testing/stub-producer.js'

const campaign = makeCampaign({ state: 'completed' }, { total: 2, published: 2 })
const producer = await startStubProducer(({ status, answer }, what) =>
  what.includes('/manifest') ? { status, answer } : { status: 200, answer: campaign },
)
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
