import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CodeListing,
  type CodeName,
  DEFAULT_LOOK,
  type FeedEvent,
  isHalt,
  nameCode,
  newCampaignId,
} from '@sunpress/core'
import { createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { createKnownPictures } from './known-pictures.js'

const app = 'wx0123456789abcdef' as AppId
const look = { ...DEFAULT_LOOK, page: 'pages/index/index' }
const SCENES = 6_000
const FOR_EVER = Number.POSITIVE_INFINITY
const names = Array.from({ length: SCENES + 2 }, (_, at) => nameCode(app, `s=${at}`, look))
const nameOf = (at: number): CodeName => names[at] ?? nameCode(app, `s=${at}`, look)
const bytesOf = (at: number): Buffer => Buffer.alloc(10 + (at % 7), at)

let nowMs: number
let monotonicMs: number
let store: ReturnType<typeof openMemoryStore>
let asked: string[]
const clock = { now: () => nowMs, monotonic: () => monotonicMs }

const begin = (mostRows = 2 * SCENES, by?: CodeListing['page']) => {
  const { listing } = store.codes
  if (listing === null) throw new Error('the memory store lists')
  const page: CodeListing['page'] = (prefix, after) => {
    asked.push(prefix)
    return (by ?? listing.page)(prefix, after)
  }
  const parts = {
    codes: { listing: { ...listing, page } },
    campaigns: createCampaignLedger(store.records),
    manifests: createManifestLedger(store.records),
    clock,
  }
  return createKnownPictures(parts, mostRows)
}

const repeating = (repeats: CampaignId | undefined, total = SCENES): CampaignRecord => ({
  ...{ v: 1, id: newCampaignId(nowMs), app, name: 'night', priority: 5, look, badRows: 'refuse' },
  ...{ source: { kind: 'range' }, total, skipped: 0, createdAt: new Date(nowMs).toISOString() },
  ...(repeats === undefined ? {} : { repeats }),
})

const put = (at: number, bytes = bytesOf(at)) =>
  store.codes.put(nameOf(at).key, { bytes, format: 'jpg', width: look.width })

const eventOf = (id: CampaignId, at: number, sha256: string) =>
  ({
    ...{ v: 1, id: `${id}.${at}`, type: 'code.published', app, campaign: id, index: at, n: at + 1 },
    ...{
      scene: `s=${at}`,
      codeId: nameOf(at).id,
      key: nameOf(at).key,
      bytes: bytesOf(at).byteLength,
      sha256,
    },
    ...{ width: look.width, publishedAt: new Date(nowMs).toISOString() },
  }) as FeedEvent

/** A night whose pictures were printed a moment before they were told of, but those that `lacks`. */
async function printNight(lacks: readonly number[] = []): Promise<{ id: CampaignId; sums: string[] }> {
  const campaign = repeating(undefined)
  const sums: string[] = []
  const all = names.slice(0, SCENES).map((_, at) => at)
  sums.push(...(await Promise.all(all.map(async (at) => (lacks.includes(at) ? '' : (await put(at)).sha256)))))
  nowMs += 50
  const events = sums
    .map((sum, at) => eventOf(campaign.id, at, sum))
    .filter(({ index }) => !lacks.includes(index))
    .map((event, at) => ({ ...event, n: at + 1 }))
  for (let from = 0; from < events.length; from += 2_500) {
    const lines = events.slice(from, from + 2_500).map((event) => JSON.stringify(event))
    await createManifestLedger(store.records).writePart(campaign.id, from + 1, lines)
  }
  await createCampaignLedger(store.records).writeCampaign(campaign)
  nowMs += 86_400_000
  return { id: campaign.id, sums }
}

beforeEach(() => {
  ;[nowMs, monotonicMs, asked] = [1_700_000_000_000, 0, []]
  store = openMemoryStore({ clock })
})

describe('pictures of a campaign that repeats another', () => {
  it('are known, as they were told of, without a look', async () => {
    const { id, sums } = await printNight()
    const [known, night] = [begin(), repeating(id)]
    expect(await known.learn(night, SCENES, FOR_EVER)).toBe(true)
    for (const at of [0, 1, SCENES - 1]) {
      expect(known.find(night.id, nameOf(at), look)).toEqual({
        ...{
          key: nameOf(at).key,
          bytes: bytesOf(at).byteLength,
          sha256: sums[at],
          width: 430,
          format: 'jpg',
        },
        ...{ closedAtMs: 1_700_000_000_000, origin: 'adopted' },
      })
    }
    expect(asked).toHaveLength(1 + 32)
  })

  it('are not known when they are gone, of another size, younger than what was told, or were refused', async () => {
    const { id } = await printNight([7])
    await store.codes.remove(nameOf(1).key)
    await store.codes.remove(nameOf(2).key)
    await put(2, Buffer.alloc(99))
    await store.codes.remove(nameOf(3).key)
    await put(3)
    await put(7)
    const [known, night] = [begin(), repeating(id)]
    await known.learn(night, SCENES, FOR_EVER)
    const found = [0, 1, 2, 3, 7, SCENES + 1].map((at) => known.find(night.id, nameOf(at), look) !== null)
    expect(found).toEqual([true, false, false, false, false, false])
    expect(known.find(night.id, nameOf(0), { ...look, width: 280 })).toBeNull()
    expect(known.find(newCampaignId(1), nameOf(0), look)).toBeNull()
  })

  it('are learnt in steps, and looked for only when all is learnt', async () => {
    const { id } = await printNight()
    const [known, night] = [begin(), repeating(id)]
    expect(await known.learn(night, SCENES, 0)).toBe(false)
    let steps = 1
    while (!(await known.learn(night, SCENES, monotonicMs + 0.5))) {
      monotonicMs += 1
      steps++
      if (steps > 100) break
    }
    expect(known.find(night.id, nameOf(5), look)).not.toBeNull()
  })

  it('are looked at when learning takes minutes, and learning is not begun again', async () => {
    const { id } = await printNight()
    const [known, night] = [begin(), repeating(id)]
    expect(await known.learn(night, SCENES, 0)).toBe(false)
    monotonicMs += 120_000
    expect(await known.learn(night, SCENES, monotonicMs + 1)).toBe(true)
    const lists = asked.length
    monotonicMs += 3_600_000
    expect(await known.learn(night, SCENES, monotonicMs + 1)).toBe(true)
    expect([known.find(night.id, nameOf(5), look), asked.length]).toEqual([null, lists])
  })

  it('are looked at when a list leads back to where it was, or what is repeated has lost its campaign.json', async () => {
    const { id } = await printNight()
    const { listing } = store.codes
    const page = listing?.page
    if (listing === null || page === undefined) throw new Error('the memory store lists')
    const circling: typeof page = async (prefix, after) => {
      const { codes } = await page(prefix, after)
      return { codes, next: after === '' ? (codes[0]?.key ?? null) : after }
    }
    const [known, night] = [begin(2 * SCENES, circling), repeating(id)]
    await expect(known.learn(night, SCENES, FOR_EVER)).rejects.toMatchObject({ code: 'store_listing' })
    expect(await known.learn(night, SCENES, FOR_EVER)).toBe(true)
    await store.records.remove(`campaigns/${id}/campaign.json`)
    const another = repeating(id)
    expect(await begin().learn(another, SCENES, FOR_EVER)).toBe(true)
  })

  it('are looked at where that is cheaper, or nothing is repeated, or nothing was told', async () => {
    const { id } = await printNight()
    const known = begin()
    const untold = newCampaignId(2)
    const others = [repeating(undefined), repeating(id), repeating(untold)]
    expect(await known.learn(others[0] as CampaignRecord, SCENES, FOR_EVER)).toBe(true)
    expect(await known.learn(others[1] as CampaignRecord, 60, FOR_EVER)).toBe(true)
    expect(await known.learn(others[2] as CampaignRecord, SCENES, FOR_EVER)).toBe(true)
    expect(asked).toEqual([])
    for (const { id: of } of others) expect(known.find(of, nameOf(0), look)).toBeNull()
  })

  it('are forgotten after a while, and learnt again', async () => {
    const { id } = await printNight()
    const [known, night] = [begin(), repeating(id)]
    await known.learn(night, SCENES, FOR_EVER)
    monotonicMs += 10 * 60_000
    expect(known.find(night.id, nameOf(0), look)).toBeNull()
    await store.codes.remove(nameOf(1).key)
    await known.learn(night, SCENES, FOR_EVER)
    expect([0, 1].map((at) => known.find(night.id, nameOf(at), look) !== null)).toEqual([true, false])
    known.forget(night.id)
    expect(known.find(night.id, nameOf(0), look)).toBeNull()
  })

  it('are looked at when the tables of others are all that a process may hold', async () => {
    const { id } = await printNight()
    const ledger = createCampaignLedger(store.records)
    const large = { ...repeating(undefined, SCENES + 1) }
    await ledger.writeCampaign(large)
    const [line] = [JSON.stringify(eventOf(large.id, 0, 'ab'.repeat(32)))]
    await createManifestLedger(store.records).writePart(large.id, 1, [line])
    const [known, first, second] = [begin(), repeating(large.id), repeating(id)]
    await known.learn(first, SCENES, FOR_EVER)
    await known.learn(second, SCENES, FOR_EVER)
    expect(known.find(second.id, nameOf(0), look)).toBeNull()
    known.forget(first.id)
    monotonicMs += 10 * 60_000
    await known.learn(second, SCENES, FOR_EVER)
    expect(known.find(second.id, nameOf(0), look)).not.toBeNull()
  })

  it('are looked at for a while when a list fails, or the manifest is damaged: what is amiss is told once', async () => {
    const { id } = await printNight()
    const first = (await store.records.list(`campaigns/${id}/manifest/`)).keys[0] ?? ''
    await store.records.put(first, Buffer.from('{'))
    const [known, night] = [begin(), repeating(id)]
    await expect(known.learn(night, SCENES, FOR_EVER)).rejects.toSatisfy(isHalt)
    expect(await known.learn(night, SCENES, FOR_EVER)).toBe(true)
    expect(known.find(night.id, nameOf(0), look)).toBeNull()
  })
})

it('a store in which a list proves nothing is never listed', async () => {
  const { id } = await printNight()
  const known = createKnownPictures({
    codes: { listing: null },
    campaigns: createCampaignLedger(store.records),
    manifests: createManifestLedger(store.records),
    clock,
  })
  const night = repeating(id)
  expect(await known.learn(night, SCENES, FOR_EVER)).toBe(true)
  expect(known.find(night.id, nameOf(0), look)).toBeNull()
})
