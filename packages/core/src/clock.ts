/** Time as an argument: production passes `systemClock`, tests a fake. */
export interface Clock {
  /** Epoch ms: for records that people and other hosts read. */
  now(): number
  /** Ms that only grow: for deadlines and durations within this process. */
  monotonic(): number
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
