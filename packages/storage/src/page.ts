/** Cuts pages out of an ordered walk, holding no more than a page. */
import type { ListOptions, RecordPage } from '@sunpress/core'

export const MOST_KEYS = 1_000

export const pageLimit = (options: ListOptions): number => {
  const limit = options.limit ?? MOST_KEYS
  if (!Number.isInteger(limit) || limit < 1) throw new TypeError(`not a page limit: ${limit}`)
  return Math.min(MOST_KEYS, limit)
}

/** `names` ascend; the page takes up to `limit`, and one look further tells whether there is a next one. */
export async function takePage(
  names: AsyncIterable<string> | Iterable<string>,
  limit: number,
): Promise<RecordPage> {
  const keys: string[] = []
  for await (const name of names) {
    if (keys.length === limit) return { keys, next: keys.at(-1) ?? null }
    keys.push(name)
  }
  return { keys, next: null }
}

/** What a name is shown as: itself, or the folder right behind the prefix that it lies in. */
export function foldName(key: string, prefix: string, folders: boolean): string {
  const cut = folders ? key.indexOf('/', prefix.length) : -1
  return cut < 0 ? key : key.slice(0, cut + 1)
}
