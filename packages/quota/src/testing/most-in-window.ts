/** The most times in any closed interval of that length: an interval with the most can begin at one of the times. */
export function mostInWindow(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  let first = 0
  for (let last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) > windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
