/** GET /v1/campaigns/{id}/canary: what was printed first, for whoever is to approve the rest. */
import type { CodeId, PublishedEvent } from '@sunpress/core'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import { compareCanary, MOST_COMPARED } from '../campaigns/compare-canary.js'
import type { ApiContext } from '../context.js'
import { parseCursor } from '../rows/cursor.js'
import { createRowReader } from '../rows/row-reader.js'
import { COMMON_PROBLEMS, jsonContent, problemContent } from '../schemas/common.js'
import { type Api, CampaignParams, campaignOf, urlsFor } from './route.js'

export function canaryRoute(app: Api, context: ApiContext, reader: CampaignReader): void {
  const rows = createRowReader(context)
  const schema = {
    operationId: 'getCanary',
    tags: ['campaigns'],
    summary: 'The first pictures of a campaign, beside those of the epoch before',
    description: 'Where the bytes are the same, WeChat still answers with what it had made then.',
    params: CampaignParams,
    response: {
      200: jsonContent('At most 100 of them', 'Canary'),
      ...COMMON_PROBLEMS,
      409: problemContent('The campaign was purged'),
    },
  }
  app.get('/v1/campaigns/:id/canary', { schema }, async (request) => {
    const record = await campaignOf(reader, request.params.id)
    const urlOf = urlsFor(context.publicUrl, request)
    const first: PublishedEvent[] = []
    for await (const batch of rows.read(record, parseCursor(undefined), 'manifest')) {
      for (const row of batch.rows) if (row.type !== 'code.refused') first.push(row)
      if (first.length >= (record.canary ?? MOST_COMPARED) || first.length >= MOST_COMPARED) break
    }
    // In the order of the source: they were published as they came.
    const wanted = first
      .slice(0, Math.min(MOST_COMPARED, record.canary ?? MOST_COMPARED))
      .toSorted((one, other) => one.index - other.index)
    const compared = await compareCanary(context.codes, await context.looksOf(record.app), record, wanted)
    return {
      canary: record.canary ?? null,
      same: compared.filter(({ same }) => same === true).length,
      different: compared.filter(({ same }) => same === false).length,
      items: compared.map(({ row, before, same }) => ({
        index: row.index,
        scene: row.scene,
        url: urlOf(row),
        before:
          before === null
            ? null
            : { epoch: before.epoch, url: urlOf({ codeId: before.codeId as CodeId, key: before.key }) },
        same,
      })),
    }
  })
}
