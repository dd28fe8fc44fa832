/** The page of all scenes is not released when a run begins; somebody releases it later, and resumes it as often as it is held then. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isFault } from '@sunpress/core'
import { APPID } from '../services/press.mjs'
import type { Press } from './crew.js'
import { tell } from './disturbances.js'

const LOOK_EVERY_MS = 200
/** For workers to run against it. */
const KEPT_MS = 3_000

/** Resolves when it is kept back. Gives what watches over it until the signal comes. */
export async function keepPageBack(
  press: Press,
  say: (what: string) => void,
): Promise<(ended: AbortSignal) => Promise<void>> {
  await release(press, 'pages/other/other')
  say('the page is not released')
  return async (ended) => {
    if (!(await untilHeld(press, ended))) return
    say('the page is held')
    await sleep(KEPT_MS)
    await release(press, 'pages/index/index')
    do {
      say('the page is released, its hold lifted')
      await unlessAway(() => liftPages(press))
    } while (await untilHeld(press, ended))
  }
}

const release = (press: Press, page: string) =>
  tell(press, '/limits', { appid: APPID, pages: [page], keepUse: true })

async function untilHeld(press: Press, ended: AbortSignal): Promise<boolean> {
  for (; !ended.aborted; await sleep(LOOK_EVERY_MS)) {
    const held = await unlessAway(() => heldPages(press))
    if (held !== null && held.length > 0) return true
  }
  return false
}

const heldPages = async ({ permits }: Press) =>
  (await permits.readHolds(APPID)).map(({ target }) => target).filter(({ scope }) => scope === 'page')

async function liftPages(press: Press): Promise<void> {
  for (const target of await heldPages(press)) await press.permits.lift(target)
}

/** null while Redis can't be asked. */
async function unlessAway<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}
