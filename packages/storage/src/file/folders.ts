/**
 * Makes folders and makes them last: a new folder is durable once its parent has been synced. Remembers which it has seen
 * to, so that a put asks for nothing in a folder that it knows. Doesn't promise to notice a folder that was taken away:
 * the put that meets ENOENT says `forget`.
 */
import { dirname } from 'node:path'
import type { Clock } from '@sunpress/core'
import { close, errnoOf, fsync, mkdir, open, stat } from './calls.js'

export interface Folders {
  /** Resolves when the folder and all above it, up to the root, exist durably. */
  ensure(folder: string): Promise<void>
  /** Makes the names in a folder durable. */
  sync(folder: string): Promise<void>
  /** Makes a name durable that has stood in it since then: nothing is to be done once a sync was begun well after that. */
  syncNamed(folder: string, namedAtMs: number): Promise<void>
  forget(): void
}

/** 500 apps with all their 1,024 folders would be 50 MB of names; a forgotten one costs one sync. */
const MOST_KNOWN = 100_000

/** Between this host's clock and the file system's, at most; a file server makes names durable itself before it answers. */
const CLOCKS_APART_MS = 60_000

export function openFolders(root: string, clock: Pick<Clock, 'now'>): Folders {
  const known = new Map<string, Promise<void>>()
  /** When the last sync was begun of those that ended well. */
  const synced = new Map<string, number>()
  const sync = async (folder: string): Promise<void> => {
    const begunMs = clock.now()
    await syncFolder(folder)
    if (synced.size >= MOST_KNOWN) synced.clear()
    synced.set(folder, begunMs)
  }
  const ensure = (folder: string): Promise<void> => {
    const before = known.get(folder)
    if (before !== undefined) return before
    if (known.size >= MOST_KNOWN) known.clear()
    const made = folder === root ? makeRoot(root) : makeFolder(folder, ensure)
    known.set(folder, made)
    made.catch(() => known.delete(folder))
    return made
  }
  return {
    ensure,
    sync,
    async syncNamed(folder, namedAtMs) {
      const begunMs = synced.get(folder)
      if (begunMs !== undefined && begunMs - namedAtMs > CLOCKS_APART_MS) return
      await ensure(folder)
      await sync(folder)
    },
    forget() {
      known.clear()
      synced.clear()
    },
  }
}

/** Synced even when another made it: that one may have died before its own sync. */
async function makeFolder(folder: string, ensure: (folder: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder)
  await ensure(parent)
  await mkdir(folder).catch(unlessExists)
  await syncFolder(parent)
}

/** One folder after the other: Node's recursive mkdir goes round for ever where a file system has no room for one (/proc). */
async function makeRoot(root: string): Promise<void> {
  const there = await stat(root).catch(unlessMissing)
  if (there?.isDirectory()) return
  if (there === null) await makeRoot(dirname(root))
  await mkdir(root).catch(there === null ? unlessExists : undefined)
  await syncFolder(dirname(root))
}

async function syncFolder(folder: string): Promise<void> {
  const fd = await open(folder, 'r')
  try {
    await fsync(fd)
  } finally {
    await close(fd)
  }
}

function unlessExists(error: unknown): void {
  if (errnoOf(error) !== 'EEXIST') throw error
}

function unlessMissing(error: unknown): null {
  if (errnoOf(error) !== 'ENOENT') throw error
  return null
}
