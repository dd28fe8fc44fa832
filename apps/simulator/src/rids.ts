/** The last errors by their rid, for /cgi-bin/openapi/rid/get. Bounded in number and in bytes each. */
export type RidEntry = {
  readonly appid: string
  /** Virtual time of the call. */
  readonly at: number
  readonly costMs: number
  readonly query: string
  readonly requestBody: string
  readonly responseBody: string
  readonly clientIp: string
}

export type Rids = {
  remember(rid: string, entry: RidEntry): void
  find(rid: string): RidEntry | undefined
  clear(): void
}

/** How much of a query or a body is kept, in characters. */
export const RID_TEXT_KEPT = 2048

export function createRids(maxRids = 10_000): Rids {
  const rids = new Map<string, RidEntry>()

  function remember(rid: string, entry: RidEntry): void {
    rids.set(rid, entry)
    if (rids.size > maxRids) rids.delete(rids.keys().next().value as string)
  }

  return { remember, find: (rid) => rids.get(rid), clear: () => rids.clear() }
}
