/**
 * The looks of apps, kept for a moment: an app may have thousands, each a file, and whoever looks for codes looks for many. A look
 * that is new shows up after LOOKS_KEPT_MS.
 */
import type { AppId, Clock } from '@sunpress/core'
import type { KnownLook } from '@sunpress/ledger'

export const LOOKS_KEPT_MS = 10_000
/** Of all apps together; the app that was read longest ago goes first. */
const MOST_KEPT = 100_000

interface Kept {
  readonly looks: Promise<readonly KnownLook[]>
  readonly untilMs: number
  count: number
}

export function keepLooks(
  list: (app: AppId) => AsyncIterable<KnownLook>,
  clock: Pick<Clock, 'monotonic'>,
): (app: AppId) => Promise<readonly KnownLook[]> {
  const kept = new Map<AppId, Kept>()

  const prune = (): void => {
    const nowMs = clock.monotonic()
    let count = [...kept.values()].reduce((sum, one) => sum + one.count, 0)
    for (const [app, one] of kept) {
      if (nowMs < one.untilMs && count <= MOST_KEPT) continue
      kept.delete(app)
      count -= one.count
    }
  }

  const read = (app: AppId): Promise<readonly KnownLook[]> => {
    const looks = all(list(app))
    const one: Kept = { looks, untilMs: clock.monotonic() + LOOKS_KEPT_MS, count: 0 }
    kept.delete(app)
    kept.set(app, one)
    looks.then(
      (found) => {
        one.count = found.length
        prune()
      },
      () => kept.get(app) === one && kept.delete(app),
    )
    return looks
  }

  return (app) => {
    const known = kept.get(app)
    return known !== undefined && clock.monotonic() < known.untilMs ? known.looks : read(app)
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
