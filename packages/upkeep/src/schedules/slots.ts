/** Lets so many work at a time; the others wait their turn. */
export interface Slots {
  /** Rejects with the signal's reason when aborted before its turn. */
  use<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** From within `use`: the slot is another's while this goes on, and had again before it ends. */
  without<T>(work: () => Promise<T>): Promise<T>
}

export function createSlots(most: number): Slots {
  let free = most
  const waiting: (() => void)[] = []
  const take = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    if (free > 0) return void free--
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        waiting.splice(waiting.indexOf(begin), 1)
        reject(signal?.reason)
      }
      const begin = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.push(begin)
    })
  }
  const give = (): void => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    async use(work, signal) {
      await take(signal)
      try {
        return await work()
      } finally {
        give()
      }
    },
    async without(work) {
      give()
      try {
        return await work()
      } finally {
        await take()
      }
    },
  }
}
