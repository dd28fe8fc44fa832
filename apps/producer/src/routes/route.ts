/** What the routes share. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type CampaignRecord, isCampaignId } from '@sunpress/core'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import type { CampaignReader } from '../campaigns/campaign-reader.js'
import { noSuch } from '../problem.js'
import { type UrlOf, urlsUnder } from '../rows/present-row.js'

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export const CampaignParams = Type.Object({ id: Type.String({ description: "The campaign's id" }) })

/** Throws Problem 404. */
export async function campaignOf(reader: CampaignReader, id: string): Promise<CampaignRecord> {
  const record = isCampaignId(id) ? await reader.record(id) : null
  if (record === null) throw noSuch('campaign', id)
  return record
}

/** Whoever asked has reached us under this address, and will again. */
export const urlsFor = (publicUrl: string | null, request: FastifyRequest): UrlOf =>
  urlsUnder(publicUrl, `${request.protocol}://${request.host}`)

/** Query parameters are text: the named ones become numbers before they are looked at, where they are. */
export const wholeNumber = (name: string) => async (request: FastifyRequest) => {
  const query = request.query as Record<string, unknown>
  const text = query[name]
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) query[name] = Number(text)
}
