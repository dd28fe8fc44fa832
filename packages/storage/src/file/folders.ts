/**
 * Makes folders and makes them last: a new folder is durable once its parent has been synced. Remembers which it has seen
 * to, so that a put asks for nothing in a folder that it knows. Doesn't promise to notice a folder that was taken away:
 * the put that meets ENOENT says `forget`.
 */
import { dirname } from 'node:path'
import { close, errnoOf, fsync, mkdir, open } from './calls.js'

export interface Folders {
  /** Resolves when the folder and all above it, up to the root, exist durably. */
  ensure(folder: string): Promise<void>
  /** Makes the names in a folder durable. */
  sync(folder: string): Promise<void>
  forget(): void
}

/** 500 apps with all their 1,024 folders would be 50 MB of names; a forgotten one costs one sync. */
const MOST_KNOWN = 100_000

export function openFolders(root: string): Folders {
  const known = new Map<string, Promise<void>>()
  const ensure = (folder: string): Promise<void> => {
    const before = known.get(folder)
    if (before !== undefined) return before
    if (known.size >= MOST_KNOWN) known.clear()
    const made = folder === root ? makeRoot(root) : makeFolder(folder, ensure)
    known.set(folder, made)
    made.catch(() => known.delete(folder))
    return made
  }
  return { ensure, sync: syncFolder, forget: () => known.clear() }
}

/** Synced even when another made it: that one may have died before its own sync. */
async function makeFolder(folder: string, ensure: (folder: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder)
  await ensure(parent)
  await mkdir(folder).catch(unlessExists)
  await syncFolder(parent)
}

async function makeRoot(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true })
  if (first === undefined) return
  for (let made = root; ; made = dirname(made)) {
    await syncFolder(dirname(made))
    if (made === first || made === dirname(made)) return
  }
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
