/** Those who wait for a slot, first come, first served; whoever aborts makes room for the next. */
import type { Slot } from './slots.js'

export interface Taker {
  readonly since: number
  give(slot: Slot): void
  refuse(fault: unknown): void
}

export interface Takers {
  readonly count: () => number
  add(sinceMs: number, signal: AbortSignal, aborted: () => void): Promise<Slot>
  /** Takes the first out of the queue. */
  next(): Taker | undefined
  /** When the taker behind so many others came; undefined when there is none. */
  sinceOf(position: number): number | undefined
  /** Takes all behind the first `kept` out of the queue. */
  cut(kept: number): readonly Taker[]
}

export function createTakers(): Takers {
  const queue: Taker[] = []
  return {
    count: () => queue.length,
    add: (since, signal, aborted) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          queue.splice(queue.indexOf(taker), 1)
          reject(signal.reason)
          aborted()
        }
        const taker: Taker = {
          since,
          give(slot) {
            signal.removeEventListener('abort', leave)
            resolve(slot)
          },
          refuse(fault) {
            signal.removeEventListener('abort', leave)
            reject(fault)
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        queue.push(taker)
      }),
    next: () => queue.shift(),
    sinceOf: (position) => queue[position]?.since,
    cut: (kept) => queue.splice(kept),
  }
}
