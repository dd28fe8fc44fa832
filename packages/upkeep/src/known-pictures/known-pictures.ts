/**
 * Pictures of a campaign that repeats another one, known without a look at each: the other's manifest tells what they are like, and
 * a list of the store that they stand. Only where that is cheaper, and only for a while, since a list gets old.
 * It learns in steps, as the turns of a leader have time; what isn't known is looked at as ever.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type Clock,
  type ClosedCode,
  type CodeId,
  type CodeListing,
  type CodeName,
  type CodePage,
  type CodeStore,
  type Look,
  RetryFault,
} from '@sunpress/core'
import type { CampaignLedger, ManifestLedger } from '@sunpress/ledger'
import { inPool } from '../in-pool.js'
import { isListCheaper, isWorthAsking, pagesBy } from './list-or-look.js'
import { createPictureTable, type PictureTable, positionOf } from './picture-table.js'

export interface KnownPictures {
  /**
   * Learns about a campaign whose pictures are common, until that monotonic time. false: there is more to learn, and scenes are
   * better looked at when it is known. Throws as the ledger and the store do; nothing is learnt for a while then.
   */
  learn(campaign: CampaignRecord, looks: number, untilMs: number): Promise<boolean>
  /** The picture that stands under this name; null: look at it. */
  find(campaign: CampaignId, name: CodeName, look: Look): ClosedCode | null
  forget(campaign: CampaignId): void
}

export interface KnownPicturesParts {
  readonly codes: Pick<CodeStore, 'listing'>
  readonly campaigns: Pick<CampaignLedger, 'readCampaign'>
  readonly manifests: Pick<ManifestLedger, 'listParts' | 'readPartAt'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** In all tables of a process: 190 MB. */
const MOST_ROWS = 2_000_000
/** A picture may be healed after it was listed. */
const FRESH_MS = 10 * 60_000
/** Nothing of the campaign is fed meanwhile: what takes longer is looked at one by one. */
const MOST_LEARNING_MS = 2 * 60_000
const AT_ONCE = 8
/** Of digests: so many lists can go on side by side. */
const FIRST_CHARACTERS = [...'234567abcdefghijklmnopqrstuvwxyz']

type Repeating = Pick<CampaignRecord, 'id' | 'app'> & { readonly repeats: CampaignId }

interface Lesson {
  readonly sinceMs: number
  readonly rows: number
  /** null where looking is cheaper, or there is no room, or something was amiss. */
  readonly table: PictureTable | null
  /** Parts of the other's manifest that are still to be read, by their first rows. */
  readonly parts: number[]
  /** Of the store's list, still to be asked for. */
  readonly pages: { readonly prefix: string; readonly after: string }[]
}

export function createKnownPictures(parts: KnownPicturesParts, mostRows = MOST_ROWS): KnownPictures {
  const { listing } = parts.codes
  return listing === null ? NOTHING_KNOWN : knowByList(parts, listing, mostRows)
}

const NOTHING_KNOWN: KnownPictures = { learn: async () => true, find: () => null, forget: () => {} }

function knowByList(
  { campaigns, manifests, clock }: KnownPicturesParts,
  listing: CodeListing,
  mostRows: number,
): KnownPictures {
  const lessons = new Map<CampaignId, Lesson>()

  const freshOf = (id: CampaignId): Lesson | null => {
    const lesson = lessons.get(id)
    return lesson !== undefined && clock.monotonic() - lesson.sinceMs < FRESH_MS ? lesson : null
  }

  const hasRoomFor = (rows: number): boolean =>
    [...lessons.values()].reduce((sum, lesson) => sum + lesson.rows, rows) <= mostRows

  const begin = async ({ id, app, repeats }: Repeating, looks: number): Promise<Lesson> => {
    for (const old of lessons.keys()) if (freshOf(old) === null) lessons.delete(old)
    const sinceMs = clock.monotonic()
    const none = emptyLesson(sinceMs)
    lessons.set(id, none)
    if (!isWorthAsking(looks)) return none
    const rows = (await campaigns.readCampaign(repeats))?.total ?? 0
    const told = rows === 0 ? [] : await manifests.listParts(repeats)
    if (told.length === 0 || !hasRoomFor(rows)) return none
    const folder = `codes/${app}/`
    const pages = pagesBy(coveredBy(await listing.page(folder, '')))
    if (!isListCheaper({ looks, pages, parts: told.length })) return none
    const lesson: Lesson = {
      ...{ sinceMs, rows, table: createPictureTable(rows), parts: told },
      pages: FIRST_CHARACTERS.map((first) => ({ prefix: folder + first, after: '' })),
    }
    lessons.set(id, lesson)
    return lesson
  }

  const readPart = async (repeated: CampaignId, firstN: number, table: PictureTable): Promise<void> => {
    // A part that is purged meanwhile: what it told of is looked at as any other.
    for (const row of (await manifests.readPartAt(repeated, firstN)) ?? [])
      if (row.type !== 'code.refused')
        table.tell(row.codeId, { ...row, publishedAtMs: Date.parse(row.publishedAt) })
  }

  /** What is told first: only of that it is noted that it stands. */
  const goOn = async ({ parts, pages, table }: Lesson, repeated: CampaignId): Promise<void> => {
    if (table === null) return
    if (parts.length > 0) {
      await inPool(parts.splice(0, AT_ONCE), AT_ONCE, (firstN) => readPart(repeated, firstN, table))
      return
    }
    await inPool(pages.splice(0, AT_ONCE), AT_ONCE, async ({ prefix, after }) => {
      const { codes, next } = await listing.page(prefix, after)
      for (const code of codes) table.see(idIn(code.key), code)
      if (next === null) return
      if (next <= after) throw new RetryFault('store_listing', `a list behind ${after} leads to ${next}`)
      pages.push({ prefix, after: next })
    })
  }

  const learn = async (campaign: Repeating, looks: number, untilMs: number): Promise<boolean> => {
    const lesson = freshOf(campaign.id) ?? (await begin(campaign, looks))
    while (lesson.parts.length + lesson.pages.length > 0) {
      if (clock.monotonic() - lesson.sinceMs >= MOST_LEARNING_MS) {
        lessons.set(campaign.id, GIVEN_UP)
        return true
      }
      if (clock.monotonic() >= untilMs) return false
      await goOn(lesson, campaign.repeats)
    }
    return true
  }

  return {
    async learn({ id, app, repeats }, looks, untilMs) {
      if (repeats === undefined) return true
      try {
        return await learn({ id, app, repeats }, looks, untilMs)
      } catch (fault) {
        lessons.set(id, emptyLesson(clock.monotonic()))
        throw fault
      }
    },
    find(campaign, name, look) {
      const row = freshOf(campaign)?.table?.find(name.id) ?? null
      if (row === null || row.closedAtMs === null || row.width !== look.width) return null
      const { key } = name
      const listed = { key, bytes: row.bytes, closedAtMs: row.closedAtMs }
      return listing.adopt(listed, { ...row, key, format: look.format })
    },
    forget: (campaign) => void lessons.delete(campaign),
  }
}

const emptyLesson = (sinceMs: number): Lesson => ({
  ...{ sinceMs, rows: 0, table: null, parts: [], pages: [] },
})

/** Never begun again. */
const GIVEN_UP = emptyLesson(Number.POSITIVE_INFINITY)

/** How much of all digests a page covers; null when it is the only one. */
const coveredBy = ({ codes, next }: CodePage): number | null =>
  next === null ? null : positionOf(idIn(codes.at(-1)?.key ?? ''))

/** `codes/<appid>/<xx>/<code id>.<format>` */
const idIn = (key: string): CodeId => key.slice(key.lastIndexOf('/') + 1, key.lastIndexOf('.')) as CodeId
