/** What both ports of the file store stand on: a key's path, and steps whose errors come out as faults. */
import { dirname } from 'node:path'
import type { Clock } from '@sunpress/core'
import { checkKey } from '../key.js'
import { isAbsent, readFile, stat, unlink } from './calls.js'
import { fileFault } from './file-fault.js'
import type { Folders } from './folders.js'

export interface Files {
  readonly root: string
  readonly folders: Folders
  readonly clock: Pick<Clock, 'now'>
}

/** checkKey leaves nothing that could climb out of the root. */
export const pathOf = (files: Files, key: string): string => `${files.root}/${checkKey(key)}`

export async function faultily<T>(step: string, key: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fileFault(error, step, key)
  }
}

export const orAbsent = <T>(found: Promise<T>): Promise<T | null> =>
  found.catch((error: unknown) => {
    if (isAbsent(error)) return null
    throw error
  })

export interface FoundFile {
  readonly bytes: Uint8Array
  readonly closedAtMs: number
}

/** A whole file: names appear with all their bytes, so its time and bytes belong together but for a replaced record. */
export async function readWhole(path: string): Promise<FoundFile | null> {
  const [found, bytes] = await Promise.all([orAbsent(stat(path)), orAbsent(readFile(path))])
  return found === null || bytes === null ? null : { bytes, closedAtMs: Math.floor(found.mtimeMs) }
}

export async function removeFile(files: Files, path: string): Promise<void> {
  if ((await orAbsent(unlink(path).then(() => true))) !== null) await files.folders.sync(dirname(path))
}
