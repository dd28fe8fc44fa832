/**
 * Spends no quota on pictures that can't be stored: after three puts in a row have failed, nothing is looked up, and so no call
 * is made, until a small put has gone well. A picture in hand is put again for some seconds before it is given up.
 * Reads and removals pass. Each process has its own breaker, which holds no timer: who asks next also finds out.
 */
import { randomBytes } from 'node:crypto'
import {
  type Clock,
  type ClosedCode,
  type CodeStore,
  closeCode,
  HoldFault,
  RetryFault,
  type WholePicture,
} from '@sunpress/core'
import { sha256Hex } from '../adopt.js'
import { PROBES } from '../prove.js'
import { type BreakerState, createBreakerState } from './breaker-state.js'

export interface StoreBreakerOptions {
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  readonly observer?: StoreBreakerObserver
}

export interface StoreBreakerObserver {
  /** No call is made from now on. */
  broke(fault: StoreTrouble): void
  mended(): void
}

/** What the store said that is no scene's fault. */
export type StoreTrouble = RetryFault | HoldFault

const TRIES = 4
const PAUSE_MS = 500
/** A picture in hand keeps its scene, and a shutdown, waiting: no longer than this. */
const PATIENCE_MS = 12_000
/** A hold ends this soon after the store was mended. */
const MOST_HELD_MS = 5_000
const LEAST_HELD_MS = 1_000
/** As large as a picture: a disk may have room for less. */
const PROBE: WholePicture = { bytes: Buffer.alloc(65_536), format: 'png', width: 280 }

export function breakOnTrouble(codes: CodeStore, options: StoreBreakerOptions): CodeStore {
  const { clock } = options
  const state = createBreakerState(options)
  return {
    name: codes.name,
    listing: codes.listing,
    async stat(key) {
      if (state.trouble !== null && state.mayProbe()) await probe(codes, state)
      if (state.trouble !== null) throw heldFault(state.trouble, state.leftMs())
      return await codes.stat(key)
    },
    put: (key, picture) => putPatiently(codes, state, options, key, picture, clock.monotonic()),
    confirm: (key, expected) => codes.confirm(key, expected),
    read: (key, range) => codes.read(key, range),
    remove: (key) => codes.remove(key),
  }
}

async function putPatiently(
  codes: CodeStore,
  state: BreakerState,
  { clock, random }: StoreBreakerOptions,
  key: string,
  picture: WholePicture,
  startedMs: number,
): Promise<ClosedCode> {
  for (let tried = 1; ; tried++) {
    try {
      const closed = await codes.put(key, picture)
      state.passed()
      return tried === 1 ? closed : asOwn(closed, picture)
    } catch (fault) {
      if (!isTrouble(fault)) throw fault
      state.failed(fault)
      const pauseMs = Math.round(PAUSE_MS * 4 ** (tried - 1) * (0.5 + random() / 2))
      const isOver = tried >= TRIES || clock.monotonic() - startedMs + pauseMs > PATIENCE_MS
      if (isOver) throw state.trouble === null ? fault : heldFault(fault, state.leftMs())
      await clock.sleep(pauseMs)
    }
  }
}

/** A put whose outcome nobody knew has taken effect after all: the same bytes are there. */
function asOwn(closed: ClosedCode, picture: WholePicture): ClosedCode {
  if (closed.origin === 'created' || closed.sha256 !== sha256Hex(picture.bytes)) return closed
  return closeCode({ ...closed, origin: 'created' })
}

async function probe(codes: CodeStore, state: BreakerState): Promise<void> {
  const key = `${PROBES}${randomBytes(12).toString('hex')}`
  state.probing()
  try {
    await codes.put(key, PROBE)
    state.passed()
  } catch {
    state.probeFailed()
  }
  // A worker's key may well be one that cannot delete.
  await codes.remove(key).catch(() => {})
}

/** Picture by picture, what the store holds may be defective: that says nothing of the store. */
const isTrouble = (fault: unknown): fault is StoreTrouble =>
  (fault instanceof RetryFault && fault.code.startsWith('store_') && fault.code !== 'store_defect') ||
  (fault instanceof HoldFault && fault.reason === 'storage')

function heldFault(trouble: StoreTrouble, leftMs: number): HoldFault {
  const forMs = Math.min(MOST_HELD_MS, Math.max(LEAST_HELD_MS, Math.round(leftMs)))
  const message = `no call is made while pictures can't be stored: ${trouble.message}`
  return new HoldFault(trouble.code, message, { scope: 'app', reason: 'storage', forMs }, { cause: trouble })
}
