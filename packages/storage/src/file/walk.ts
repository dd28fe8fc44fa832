/**
 * All keys under a prefix, ascending by code point, one folder in memory at a time. Keys are ASCII, so plain comparison is that
 * order; a folder sorts as its name with "/" behind it ("a.b" comes before "a/b").
 */
import { TEMP_MARK } from '../key.js'
import { isAbsent, readdir } from './calls.js'

export interface WalkOptions {
  readonly prefix: string
  /** Only names behind this one. */
  readonly after: string
  /** Names ending in "/" in place of what lies in folders. */
  readonly folders: boolean
}

export function walkKeys(root: string, options: WalkOptions): AsyncGenerator<string> {
  const { prefix } = options
  return walkFolder(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), options)
}

/** `folder` is empty or ends in "/". */
async function* walkFolder(root: string, folder: string, options: WalkOptions): AsyncGenerator<string> {
  for (const name of await namesIn(root, folder, options.prefix)) {
    const full = folder + name
    if (!full.endsWith('/')) {
      if (full > options.after) yield full
    } else if (options.folders) {
      if (full > options.after && (await holdsKey(root, full))) yield full
    } else if (full > options.after || options.after.startsWith(full)) {
      yield* walkFolder(root, full, options)
    }
  }
}

async function holdsKey(root: string, folder: string): Promise<boolean> {
  for await (const _ of walkFolder(root, folder, { prefix: folder, after: '', folders: false })) return true
  return false
}

/** Those under the prefix, sorted; folders end in "/". A folder that isn't there, or went meanwhile, holds nothing. */
async function namesIn(root: string, folder: string, prefix: string): Promise<string[]> {
  try {
    const entries = await readdir(`${root}/${folder}`, { withFileTypes: true })
    return entries
      .filter((entry) => !entry.name.startsWith(TEMP_MARK) && (entry.isFile() || entry.isDirectory()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .filter((name) => (folder + name).startsWith(prefix))
      .sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}
