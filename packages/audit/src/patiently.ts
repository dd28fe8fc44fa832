/** A store that stumbles is asked again a few times before an audit gives up. */
import { type Clock, isFault } from '@sunpress/core'

const TRIES = 4
const FIRST_PAUSE_MS = 500

export async function patiently<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask()
    } catch (fault) {
      const mayPass = isFault(fault) && (fault.kind === 'retry' || fault.kind === 'wait')
      if (!mayPass || tried === TRIES) throw fault
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (tried - 1))
    }
  }
}
