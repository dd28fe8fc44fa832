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
    return new WaitFault('token_unavailable', failure?.message ?? 'no access token', leftMs)
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
