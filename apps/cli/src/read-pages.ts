import type { Page, PageOptions } from '@sunpress/client'

/** As many as the API gives at once. */
const ROWS_AT_ONCE = 1_000

/** Every row there is now, a page at a time. */
export async function* readPages<T>(read: (at: PageOptions) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await read({ limit: ROWS_AT_ONCE, ...(cursor === null ? {} : { cursor }) })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}
