/** Runs `step` for each item, so many at a time; the first failure ends it, once what is under way has ended. */
export async function inParallel<T>(
  items: AsyncIterable<T>,
  most: number,
  step: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let failure: { readonly reason: unknown } | null = null
  const fail = (reason: unknown): void => {
    failure ??= { reason }
  }
  for await (const item of items) {
    const one: Promise<void> = step(item)
      .catch(fail)
      .finally(() => running.delete(one))
    running.add(one)
    if (running.size >= most) await Promise.race(running)
    if (failure !== null) break
  }
  await Promise.all(running)
  if (failure !== null) throw (failure as { readonly reason: unknown }).reason
}
