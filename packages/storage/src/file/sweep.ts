/** Removes temp files that crashed puts left behind: only names with our mark, and only old ones, since a young one may be in use. */
import { opendir } from 'node:fs/promises'
import { TEMP_MARK } from '../key.js'
import { isAbsent, stat, unlink } from './calls.js'

/** `beforeMs` is epoch ms by the clock of the file system. Resolves with how many went. */
export async function sweepFolder(folder: string, beforeMs: number): Promise<number> {
  let swept = 0
  for await (const entry of entriesOf(folder)) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) swept += await sweepFolder(path, beforeMs)
    else if (entry.name.startsWith(TEMP_MARK) && (await sweepFile(path, beforeMs))) swept++
  }
  return swept
}

async function* entriesOf(folder: string) {
  try {
    yield* await opendir(folder, { bufferSize: 1_024 })
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

async function sweepFile(path: string, beforeMs: number): Promise<boolean> {
  try {
    if ((await stat(path)).mtimeMs >= beforeMs) return false
    await unlink(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}
