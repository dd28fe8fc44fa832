/** One turn on one schedule: what it is called off by, and how its fetches are bounded. */
import type { Fetching } from './parts.js'
import type { Slots } from './slots.js'

export interface Turn {
  /** Aborts when another process has the schedule, or this one stops. */
  readonly held: AbortSignal
  /** `manual`: a run that somebody asked for goes on through a pause. */
  fetchingFor(manual: boolean): Fetching
  /** The fetch was broken off on purpose. */
  isCalledOff(manual: boolean): boolean
}

export interface CallOff {
  readonly removed: AbortController
  readonly paused: AbortController
}

export const newCallOff = (): CallOff => ({ removed: new AbortController(), paused: new AbortController() })

export function turnOf(
  held: AbortSignal,
  { removed, paused }: CallOff,
  slots: { readonly planning: Slots; readonly fetching: Slots },
): Turn {
  const signalsOf = (manual: boolean) => (manual ? [removed.signal] : [removed.signal, paused.signal])
  return {
    held,
    fetchingFor: (manual) => (work) => {
      const signal = AbortSignal.any([held, ...signalsOf(manual)])
      return slots.planning.without(() => slots.fetching.use(() => work(signal), signal))
    },
    isCalledOff: (manual) => signalsOf(manual).some(({ aborted }) => aborted),
  }
}
