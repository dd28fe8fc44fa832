/** Every look that an app was ever printed in, so that a scene's codes can be found. */
import { type AppId, DEFAULT_LOOK, defaultFormat, type Look, type LookId, type Records } from '@sunpress/core'
import { listAll, readJson, type Versioned } from './files.js'
import { lookFile, looksFolder } from './paths.js'

export interface KnownLook {
  readonly id: LookId
  readonly look: Look
}

interface LookFile extends Versioned {
  readonly look: Partial<Look>
}

const VERSION = 1
const AT_ONCE = 32

export async function* listLooks(records: Records, app: AppId): AsyncGenerator<KnownLook> {
  const folder = looksFolder(app)
  let ids: LookId[] = []
  for await (const key of listAll(records, folder)) {
    ids.push(key.slice(folder.length, -'.json'.length) as LookId)
    if (ids.length === AT_ONCE) {
      yield* await readLooks(records, app, ids)
      ids = []
    }
  }
  yield* await readLooks(records, app, ids)
}

async function readLooks(records: Records, app: AppId, ids: readonly LookId[]): Promise<KnownLook[]> {
  const files = await Promise.all(ids.map((id) => readJson<LookFile>(records, lookFile(app, id), VERSION)))
  return files.flatMap((file, at) => {
    const id = ids[at]
    return file === null || id === undefined ? [] : [{ id, look: wholeLook(file.look) }]
  })
}

/** A look file leaves out what is at its default; checkPath is no part of a look's identity. */
const wholeLook = (fields: Partial<Look>): Look => ({
  ...DEFAULT_LOOK,
  format: defaultFormat(fields.hyaline ?? false),
  ...fields,
})
