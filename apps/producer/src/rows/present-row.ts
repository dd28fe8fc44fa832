/** Rows as the API gives them. `url` is computed when read: no file holds it. */
import type { CodeId, FeedEvent, PublishedEvent, RefusedEvent } from '@sunpress/core'

export type RowKind = 'manifest' | 'failures'

/** Gives a published code's address. */
export type UrlOf = (code: { readonly codeId: CodeId; readonly key: string }) => string

/** Under the public URL of the store, else at the producer that was asked. */
export const urlsUnder = (publicUrl: string | null, producerUrl: string): UrlOf =>
  publicUrl === null
    ? ({ codeId }) => `${producerUrl}/v1/codes/${codeId}/image`
    : ({ key }) => `${publicUrl}/${key}`

export type PresentedRow =
  | (PublishedEvent & { url: string })
  | (Omit<RefusedEvent, 'ref'> & { ref: string | null })

/** null for a row of the other kind. */
export function presentRow(row: FeedEvent, kind: RowKind, urlOf: UrlOf): PresentedRow | null {
  if (row.type === 'code.refused') return kind === 'failures' ? { ...row, ref: row.ref ?? null } : null
  return kind === 'manifest' ? { ...row, url: urlOf(row) } : null
}
