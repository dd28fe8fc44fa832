/** Timers that end with their owner: a close drops those still waiting. */
export type Delays = {
  /** Calls back after the time; at once when it is 0. */
  after(ms: number, then: () => void): void
  close(): void
}

export function createDelays(): Delays {
  const waiting = new Set<NodeJS.Timeout>()

  function after(ms: number, then: () => void): void {
    if (ms <= 0) {
      then()
      return
    }
    const timer = setTimeout(() => {
      waiting.delete(timer)
      then()
    }, ms)
    waiting.add(timer)
  }

  function close(): void {
    for (const timer of waiting) clearTimeout(timer)
    waiting.clear()
  }

  return { after, close }
}
