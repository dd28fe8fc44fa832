/** The parts that an index names, 12 bytes each. Pure. */
import type { ManifestIndex } from '@sunpress/ledger'

export interface KnownParts {
  /** First number of the part that holds row `n`; null behind the last one. */
  partOf(n: number): number | null
  /** The last row from `n` on such that no part in between holds a refusal; `n - 1` where that isn't known of the first. */
  passOver(n: number): number
  readonly lastN: number
}

const UNCOUNTED = -1

export function knownParts({ parts }: Pick<ManifestIndex, 'parts'>): KnownParts {
  const firsts = Float64Array.from(parts, ({ firstN }) => firstN)
  const refused = Int32Array.from(parts, (part) => part.refused ?? UNCOUNTED)
  const last = parts.at(-1)
  const lastN = last === undefined ? 0 : last.firstN + last.rows - 1
  const placeOf = (n: number): number => (n > lastN ? -1 : lastAtMost(firsts, n))
  return {
    lastN,
    partOf: (n) => firsts[placeOf(n)] ?? null,
    passOver(n) {
      let at = placeOf(n)
      while (refused[at] === 0) at++
      return at === placeOf(n) ? n - 1 : (firsts[at] ?? lastN + 1) - 1
    },
  }
}

/** Of ascending numbers, where the largest one stands that is not above `n`; -1 when there is none. */
function lastAtMost(numbers: Float64Array, n: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? 0) <= n) low = middle + 1
    else high = middle
  }
  return low - 1
}
