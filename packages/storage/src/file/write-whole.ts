/**
 * Brings bytes under a name so that nobody ever sees part of them: temp file beside it → all bytes → fsync → close → link or
 * rename → sync of the folder. When it resolves, the file outlives a power cut. A crash leaves at most a temp file.
 */
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { TEMP_MARK } from '../key.js'
import { close, errnoOf, fsync, link, open, rename, stat, unlink, write } from './calls.js'
import type { Folders } from './folders.js'

/** Unlike any other process's, on any host. */
const WRITER = randomBytes(8).toString('hex')
let written = 0

/** Create-only: link(2) refuses a name that is taken, on NFS too; rename would replace it. */
export async function createWhole(
  folders: Folders,
  path: string,
  bytes: Uint8Array,
): Promise<'created' | 'existed'> {
  const folder = dirname(path)
  const temp = await writeTemp(folders, folder, bytes)
  const outcome = await unlinkAfter(temp, () => linkOnce(temp, path))
  await folders.sync(folder)
  return outcome
}

export async function replaceWhole(folders: Folders, path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path)
  const temp = await writeTemp(folders, folder, bytes)
  try {
    await rename(temp, path)
  } catch (error) {
    await discard(temp)
    throw error
  }
  await folders.sync(folder)
}

async function writeTemp(folders: Folders, folder: string, bytes: Uint8Array): Promise<string> {
  await folders.ensure(folder)
  const temp = `${folder}/${TEMP_MARK}${WRITER}-${written++}`
  const fd = await openTemp(folders, folder, temp)
  try {
    await fill(fd, bytes)
  } catch (error) {
    await discard(temp)
    throw error
  }
  return temp
}

/** O_EXCL. A folder that was taken away since it was made is made again. */
async function openTemp(folders: Folders, folder: string, temp: string): Promise<number> {
  try {
    return await open(temp, 'wx')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    folders.forget()
    await folders.ensure(folder)
    return open(temp, 'wx')
  }
}

/** Closes in any case; an error of close counts, since NFS reports a full disk there. */
async function fill(fd: number, bytes: Uint8Array): Promise<void> {
  try {
    let at = 0
    while (at < bytes.byteLength) at += (await write(fd, bytes, at, bytes.byteLength - at, at)).bytesWritten
    await fsync(fd)
  } catch (error) {
    await close(fd).catch(() => {})
    throw error
  }
  await close(fd)
}

async function linkOnce(temp: string, path: string): Promise<'created' | 'existed'> {
  try {
    await link(temp, path)
    return 'created'
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return (await isSameFile(temp, path)) ? 'created' : 'existed'
  }
}

/** NFS repeats a link whose reply was lost, and the repeat says EEXIST about our own file. */
async function isSameFile(temp: string, path: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([stat(temp, { bigint: true }), stat(path, { bigint: true })])
  return ours.ino === theirs.ino && ours.dev === theirs.dev
}

/** A temp file that stays after its name was linked is for the sweep; the picture itself is closed. */
async function unlinkAfter<T>(temp: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } finally {
    await discard(temp)
  }
}

const discard = (temp: string): Promise<void> => unlink(temp).catch(() => {})
