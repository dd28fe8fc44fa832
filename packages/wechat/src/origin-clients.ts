/** One HTTP client for each origin that the apps file names: made when first asked for, closed together. */
import type { HttpClient } from '@sunpress/http'

export interface OriginClients {
  /** The client of the URL's origin, and the URL's path and query for it. */
  at(url: string): { readonly client: HttpClient; readonly path: string }
  /** Lets requests under way end. Twice without harm. */
  close(): Promise<void>
  /** Breaks requests under way off. Twice without harm. */
  destroy(): Promise<void>
}

export function createOriginClients(create: (origin: string) => HttpClient): OriginClients {
  const clients = new Map<string, HttpClient>()
  const take = (): HttpClient[] => {
    const all = [...clients.values()]
    clients.clear()
    return all
  }
  return {
    at(url) {
      const { origin, pathname, search } = new URL(url)
      const client = clients.get(origin) ?? create(origin)
      clients.set(origin, client)
      return { client, path: pathname + search }
    },
    async close() {
      await Promise.all(take().map((client) => client.close()))
    },
    async destroy() {
      await Promise.all(take().map((client) => client.destroy()))
    },
  }
}
