/** What both ports of the file store stand on: a key's path, and steps whose errors come out as faults. */
import { dirname } from 'node:path'
import type { Clock } from '@sunpress/core'
import { checkKey } from '../key.js'
import { close, fstat, isAbsent, open, read, unlink } from './calls.js'
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
  /** When it got its name, or later: by the clock of the file system. */
  readonly namedAtMs: number
}

/** A whole file, opened once: its times and bytes belong together. */
export async function readWhole(path: string): Promise<FoundFile | null> {
  const fd = await orAbsent(open(path, 'r'))
  if (fd === null) return null
  try {
    const { size, mtimeMs, ctimeMs } = await fstat(fd)
    return { bytes: await readAll(fd, size), closedAtMs: Math.floor(mtimeMs), namedAtMs: ctimeMs }
  } finally {
    await close(fd)
  }
}

async function readAll(fd: number, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await read(fd, bytes, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

export async function removeFile(files: Files, path: string): Promise<void> {
  if ((await orAbsent(unlink(path).then(() => true))) !== null) await files.folders.sync(dirname(path))
}
