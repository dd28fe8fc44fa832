/** The index of one app in memory, as far as the API looks at it; and a Redis that is away. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  FINAL_STATES,
  type Generation,
  WaitFault,
} from '@sunpress/core'
import type { CampaignIndex, FeedEntry, FeedIndex } from '@sunpress/feed'

export interface FakeIndex {
  readonly index: FeedIndex
  readonly campaigns: Map<CampaignId, CampaignIndex>
  entries: FeedEntry[]
  generation: Generation | null
  away: boolean
  /** Commands, in the order in which they came. */
  readonly commands: string[]
  /** Campaigns that the leader was told of. */
  readonly unheard: CampaignId[]
}

export function createFakeIndex(): FakeIndex {
  const asked = <T>(give: () => T): Promise<T> =>
    fake.away ? Promise.reject(new WaitFault('redis_unavailable', 'away', 1_000)) : Promise.resolve(give())
  const fake: FakeIndex = {
    campaigns: new Map(),
    entries: [],
    generation: 'g1' as Generation,
    away: false,
    commands: [],
    unheard: [],
    index: {
      readGeneration: () => asked(() => ({ generation: fake.generation, builtOn: 'r' })),
      readCampaign: (_app: AppId, id: CampaignId) => asked(() => fake.campaigns.get(id) ?? null),
      open: (generation: Generation, record: CampaignRecord) =>
        asked(() => {
          if (generation !== fake.generation) return 'rebuild'
          fake.campaigns.set(record.id, indexOf(record))
          return 'opened'
        }),
      control: (_app, _generation, id, { seq, state }) =>
        asked(() => {
          fake.commands.push(`${seq} ${state}`)
          const campaign = fake.campaigns.get(id)
          if (campaign === undefined) return 'unknown'
          if (FINAL_STATES.has(campaign.state)) return 'final'
          const { pending } = campaign.counts
          const cancelled = state === 'cancelled' ? pending : 0
          const counts = { ...campaign.counts, cancelled, pending: pending - cancelled }
          fake.campaigns.set(id, { ...campaign, state, control: seq, counts })
          return 'applied'
        }),
      tellUnheard: (_app: AppId, id: CampaignId) => asked(() => void fake.unheard.push(id)),
      readEntries: (_app: AppId, after: string, limit: number) =>
        asked(() => fake.entries.filter(({ streamId }) => streamId > after).slice(0, limit)),
    } as Partial<FeedIndex> as FeedIndex,
  }
  return fake
}

export const indexOf = ({ id, app, total, skipped, priority }: CampaignRecord): CampaignIndex => ({
  id,
  app,
  lane: 'unlimited',
  state: 'running',
  counts: { total, published: 0, reused: 0, refused: 0, cancelled: 0, pending: total, skipped },
  priority,
  cursor: 0,
  fed: 0,
  n: 0,
  closed: 0,
  base: 0,
  rebuilt: false,
  control: 0,
  retried: 0,
  parked: 0,
  lastRound: false,
  page: null,
  ownPages: 0,
  envVersion: 'release',
  window: null,
  closesAt: 0,
  canary: null,
  perMinute: null,
  finishedAt: null,
})
