/** What `step` gives for each item, in their order, so many at a time; after a failure no other one is begun. */
export async function inPool<T, R>(
  items: readonly T[],
  most: number,
  step: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        results[at] = await step(items[at] as T)
      } catch (fault) {
        next = items.length
        throw fault
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work))
  return results
}
