/** A token failure as text, so that one process's failed fetch answers for the whole fleet. Pure; holds no secret. */
import { HoldFault, type UpstreamWords, WaitFault } from '@sunpress/core'

interface WireFailure {
  readonly v: 1
  readonly kind: 'wait' | 'hold'
  readonly code: string
  readonly message: string
  readonly words: UpstreamWords | null
}

export function encodeFailure(fault: WaitFault | HoldFault): string {
  const { kind, code, message } = fault
  const words = fault.kind === 'hold' ? fault.words : null
  return JSON.stringify({ v: 1, kind, code, message, words } satisfies WireFailure)
}

/** The same fault again, for the time that is left of it; what can't be read is a short wait. */
export function decodeFailure(text: string, leftMs: number): WaitFault | HoldFault {
  const failure = readWire(text)
  if (failure?.kind !== 'hold') {
    return new WaitFault(failure?.code ?? 'token_unavailable', failure?.message ?? 'no access token', leftMs)
  }
  const { code, message, words } = failure
  const hold = { scope: 'app', reason: 'token', forMs: leftMs, ...(words === null ? {} : { words }) } as const
  return new HoldFault(code, message, hold)
}

function readWire(text: string): WireFailure | null {
  try {
    const wire = JSON.parse(text) as WireFailure
    return wire.v === 1 ? wire : null
  } catch {
    return null
  }
}

/** Holds of one host's trouble are put again and again, so that another host's token ends them. */
const MOST_BARRED_MS = 60_000

/** As the host that WeChat doesn't let in tells it: another may be let in at any moment, so nothing is held for long. */
export function barredFault(fault: WaitFault | HoldFault): WaitFault | HoldFault {
  if (fault.kind !== 'hold') return fault
  const { code, message, scope, reason, forMs, words } = fault
  const again = `${message} (this host asks again in ${Math.ceil(forMs / 60_000)} min)`
  const hold = { scope, reason, forMs: Math.min(forMs, MOST_BARRED_MS), ...(words === null ? {} : { words }) }
  return new HoldFault(code, again, hold)
}

/** How long there may be no token before the app says so. */
const LASTING_MS = 30_000
/** Short: it ends by itself, and the next try tells whether there is a token again. */
const LASTING_HOLD_MS = { least: 5_000, spread: 5_000 }

/** A wait that has gone on for long is a short hold, so that whoever looks sees what is waited for. `random`: from 0 up to 1. */
export function unlessLasting(
  fault: WaitFault | HoldFault,
  failingMs: number,
  random: number,
): WaitFault | HoldFault {
  if (fault.kind === 'hold' || failingMs < LASTING_MS) return fault
  const forMs = Math.round(LASTING_HOLD_MS.least + LASTING_HOLD_MS.spread * random)
  const message = `${fault.message} (for ${Math.round(failingMs / 1_000)} s now)`
  return new HoldFault(fault.code, message, { scope: 'app', reason: 'token', forMs }, { cause: fault })
}

/** Others may take the scene meanwhile. */
const DIFFERS_MS = 10_000
export const CREDENTIAL_DIFFERS = 'token_credential_differs'

/** Where others have a token by another credential, this process's own is no reason to stop them. */
export function unlessDiffers(fault: WaitFault | HoldFault, differs: boolean): WaitFault | HoldFault {
  if (!differs || fault.code === CREDENTIAL_DIFFERS) return fault
  const leftMs = fault.kind === 'hold' ? fault.forMs : fault.afterMs
  const message = `this host's credential differs from the fleet's: others have a token, here there is ${fault.message}`
  return new WaitFault(CREDENTIAL_DIFFERS, message, Math.min(leftMs, DIFFERS_MS), { cause: fault })
}
