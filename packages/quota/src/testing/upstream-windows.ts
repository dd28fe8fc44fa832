/** How WeChat may count the calls of a minute, as far as anybody has reported. Written for these tests alone. Times in µs. */
export interface Upstream {
  limit: number
  admit(nowUs: number): boolean
}

const MINUTE_US = 60_000_000

export const UPSTREAMS: Readonly<
  Record<'clock' | 'first-call' | 'sliding' | 'bucket', (limit: number) => Upstream>
> = {
  clock: (limit) => {
    let minute = -1
    let used = 0
    return {
      limit,
      admit(nowUs) {
        const current = Math.floor(nowUs / MINUTE_US)
        if (current !== minute) used = 0
        minute = current
        return ++used <= this.limit
      },
    }
  },
  'first-call': (limit) => {
    let endsAtUs = 0
    let used = 0
    return {
      limit,
      admit(nowUs) {
        if (nowUs >= endsAtUs) {
          endsAtUs = nowUs + MINUTE_US
          used = 0
        }
        return ++used <= this.limit
      },
    }
  },
  sliding: (limit) => {
    const admitted: number[] = []
    return {
      limit,
      admit(nowUs) {
        while ((admitted[0] ?? nowUs) <= nowUs - MINUTE_US) admitted.shift()
        if (admitted.length >= this.limit) return false
        admitted.push(nowUs)
        return true
      },
    }
  },
  bucket: (limit) => {
    let tokens = limit
    let filledAtUs = 0
    return {
      limit,
      admit(nowUs) {
        tokens = Math.min(this.limit, tokens + ((nowUs - filledAtUs) * this.limit) / MINUTE_US)
        filledAtUs = nowUs
        if (tokens < 1) return false
        tokens--
        return true
      },
    }
  },
}
