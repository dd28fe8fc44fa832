/** Hands what one side pushes to another that pulls, a bounded number at a time: rows are pushed while they are read. */
export interface Relay<T> extends AsyncIterable<T> {
  /** Waits only while the reader is behind. Nothing is kept for a reader that has ended. */
  push(item: T): Promise<void> | null
  /** There is no more: the reader ends with what is left. */
  end(): void
  /** There is no reader any more: whoever pushes is let go. */
  close(): void
}

/** For one writer and one reader. */
export function createRelay<T>(most = 1_000): Relay<T> {
  let items: T[] = []
  let [ended, closed] = [false, false]
  let wakeReader = (): void => {}
  let wakeWriter = (): void => {}

  const close = (): void => {
    closed = true
    items = []
    wakeWriter()
  }

  async function* read(): AsyncGenerator<T> {
    try {
      for (;;) {
        const some = items
        items = []
        wakeWriter()
        yield* some
        if (items.length > 0) continue
        if (ended) return
        await new Promise<void>((resolve) => {
          wakeReader = resolve
        })
      }
    } finally {
      close()
    }
  }

  return {
    push(item) {
      if (closed) return null
      items.push(item)
      wakeReader()
      if (items.length < most) return null
      return new Promise((resolve) => {
        wakeWriter = resolve
      })
    },
    end() {
      ended = true
      wakeReader()
    },
    close,
    [Symbol.asyncIterator]: read,
  }
}
