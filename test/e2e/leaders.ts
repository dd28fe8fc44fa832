/** Who leads an app, by its lease in Redis; and what a campaign's folder in a file store holds. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FeedEvent } from '@sunpress/core'
import { Redis } from 'ioredis'
import type { Service } from './service.js'

export interface Leaders {
  /** undefined: nobody at this moment, or somebody else. */
  leaderOf(app: string): Promise<Service | undefined>
  /** As if its holder had been out of reach for so long that it ran out: whoever comes first leads next. */
  takeLease(app: string): Promise<void>
  close(): void
}

export function watchLeaders(redisUrl: string, producers: readonly Service[]): Leaders {
  const redis = new Redis(redisUrl)
  const keyOf = (app: string): string => `sunpress:{${app}}:lease`
  return {
    async leaderOf(app) {
      const held = (await redis.get(keyOf(app))) ?? ''
      return producers.find(({ pid }) => held.includes(`-${pid}-`))
    },
    async takeLease(app) {
      await redis.del(keyOf(app))
    },
    close: () => redis.disconnect(),
  }
}

/** Every file of a campaign, by its path within the folder, to the byte. */
export async function filesOf(storeFolder: string, id: string): Promise<Map<string, string>> {
  const folder = join(storeFolder, 'campaigns', id)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = paths
    .toSorted()
    .map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'latin1')])
  return new Map((await Promise.all(read)) as [string, string][])
}

/** The rows of its closed parts, in the order of their numbers. */
export async function closedRows(storeFolder: string, id: string): Promise<FeedEvent[]> {
  const files = [...(await filesOf(storeFolder, id))].filter(([path]) => path.startsWith('manifest/part-'))
  const lines = files.flatMap(([, text]) => text.split('\n').filter((line) => line.includes('"type":"code.')))
  return lines.map((line) => JSON.parse(line) as FeedEvent).toSorted((a, b) => a.n - b.n)
}
