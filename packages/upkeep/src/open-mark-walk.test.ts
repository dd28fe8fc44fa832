import type { CampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createOpenMarkWalk } from './open-mark-walk.js'

const [FIRST, SECOND, THIRD] = ['1', '2', '3'] as [CampaignId, CampaignId, CampaignId]

/** Lists in turn; an Error ends its list. */
function walkOver(...lists: (readonly (CampaignId | Error)[])[]) {
  return createOpenMarkWalk({
    async *listOpen() {
      for (const mark of lists.shift() ?? []) {
        if (mark instanceof Error) throw mark
        yield mark
      }
    },
  })
}

it('meets each mark, and then begins anew', async () => {
  const walk = walkOver([FIRST, SECOND], [THIRD])
  const met = []
  for (let calls = 0; calls < 5; calls++) met.push(await walk.next([]))
  expect(met).toEqual([FIRST, SECOND, null, THIRD, null])
})

it('misses what was open when it began, and has no mark', async () => {
  const walk = walkOver([FIRST])
  while ((await walk.next([FIRST, SECOND])) !== null);
  expect(walk.missed([FIRST, SECOND])).toEqual([SECOND])
})

it('misses nothing that was opened or has ended since', async () => {
  const walk = walkOver([FIRST])
  await walk.next([FIRST, SECOND])
  expect(await walk.next([FIRST, SECOND, THIRD])).toBeNull()
  expect(walk.missed([FIRST, THIRD])).toEqual([])
})

it('begins anew after a list that failed, and doesn’t take what it never came to for missed', async () => {
  const walk = walkOver([FIRST, new Error('the store is away')], [FIRST, SECOND, THIRD])
  const open = [FIRST, SECOND, THIRD]
  await walk.next(open)
  await expect(walk.next(open)).rejects.toThrow('away')
  const met = [await walk.next(open), await walk.next(open), await walk.next(open), await walk.next(open)]
  expect(met).toEqual([FIRST, SECOND, THIRD, null])
  expect(walk.missed(open)).toEqual([])
})
