/** One at a time under a name, in this process: rows of the same code wait for each other instead of each making its call. */
export interface Turns {
  /** Runs `step` when every earlier one under that name has settled. */
  take<T>(name: string, step: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    async take(name, step) {
      const before = last.get(name)
      const mine = before === undefined ? step() : before.then(step, step)
      last.set(name, mine)
      try {
        return await mine
      } finally {
        if (last.get(name) === mine) last.delete(name)
      }
    },
  }
}
