/** Every look that an app was ever printed in, so that a scene's codes can be found. */
import {
  type AppId,
  DEFAULT_LOOK,
  defaultFormat,
  isHalt,
  type Look,
  type LookId,
  lookIdOf,
  type Records,
} from '@sunpress/core'
import { damaged, listAll, readJson, type Versioned } from './files.js'
import { lookFile, looksFolder } from './paths.js'

export interface KnownLook {
  readonly id: LookId
  readonly look: Look
  /** ISO 8601, UTC; null in files from before it was kept. */
  readonly firstUsedAt: string | null
}

interface LookFile extends Versioned {
  readonly look: Partial<Look>
  readonly firstUsedAt?: string
}

const VERSION = 1
const AT_ONCE = 32

/** `skipped` is told of files that hold no look; the others are given without them. */
export async function* listLooks(
  records: Records,
  app: AppId,
  skipped: (key: string, fault: unknown) => void,
): AsyncGenerator<KnownLook> {
  const readOne = async (id: LookId): Promise<KnownLook[]> => {
    const key = lookFile(app, id)
    try {
      const read = await readLook(records, key)
      return read === null ? [] : [{ id, ...read }]
    } catch (fault) {
      if (!isHalt(fault)) throw fault
      skipped(key, fault)
      return []
    }
  }
  const readLooks = async (some: readonly LookId[]) => (await Promise.all(some.map(readOne))).flat()
  const folder = looksFolder(app)
  let ids: LookId[] = []
  for await (const key of listAll(records, folder)) {
    ids.push(key.slice(folder.length, -'.json'.length) as LookId)
    if (ids.length === AT_ONCE) {
      yield* await readLooks(ids)
      ids = []
    }
  }
  yield* await readLooks(ids)
}

async function readLook(records: Records, key: string): Promise<Omit<KnownLook, 'id'> | null> {
  const file = await readJson<LookFile>(records, key, VERSION)
  if (file === null) return null
  if (typeof file.look !== 'object' || file.look === null) throw damaged(key, 'a look')
  const look = wholeLook(file.look)
  try {
    lookIdOf(look)
  } catch (cause) {
    throw damaged(key, 'a look', cause)
  }
  return { look, firstUsedAt: file.firstUsedAt ?? null }
}

/** A look file leaves out what is at its default; checkPath is no part of a look's identity. */
const wholeLook = (fields: Partial<Look>): Look => ({
  ...DEFAULT_LOOK,
  format: defaultFormat(fields.hyaline ?? false),
  ...fields,
})
