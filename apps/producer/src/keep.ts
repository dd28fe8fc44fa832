/** What was read lately and never changes; the one that was added first makes room. */
export interface Kept<T> {
  get(name: string, read: () => Promise<T | null>): Promise<T | null>
}

export function createKept<T>(most: number): Kept<T> {
  const kept = new Map<string, T>()
  return {
    async get(name, read) {
      const there = kept.get(name)
      if (there !== undefined) return there
      const value = await read()
      if (value === null) return null
      kept.set(name, value)
      const [oldest] = kept.keys()
      if (kept.size > most && oldest !== undefined) kept.delete(oldest)
      return value
    },
  }
}
