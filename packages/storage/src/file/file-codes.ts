/** Pictures in files. A file keeps no checksum beside it, so adopting one reads and inspects its bytes. */
import { dirname } from 'node:path'
import {
  type ClosedCode,
  type CodeStore,
  closeCode,
  type ExpectedPicture,
  type WholePicture,
} from '@sunpress/core'
import { adoptBytes, sha256Hex, storeVanished } from '../adopt.js'
import { openBytes } from '../read-bytes.js'
import { stat } from './calls.js'
import { type Files, faultily, orAbsent, pathOf, readWhole, removeFile } from './files.js'
import { createWhole } from './write-whole.js'

export function fileCodes(files: Files): CodeStore {
  return {
    name: 'file',
    // A file can be changed in place, and its time with it: only its bytes vouch for it.
    listing: null,
    stat: async (key) => {
      const found = await faultily('look at', key, () => orAbsent(stat(pathOf(files, key))))
      return found?.isFile() ? { key, bytes: found.size, closedAtMs: Math.floor(found.mtimeMs) } : null
    },
    put: (key, picture) => faultily('put', key, () => putCode(files, key, picture)),
    confirm: (key, expected) => faultily('confirm', key, () => confirmCode(files, key, expected)),
    read: async (key, range) => {
      const found = await faultily('read', key, () => readWhole(pathOf(files, key)))
      return found === null ? null : openBytes(found.bytes, found.closedAtMs, range)
    },
    remove: (key) => faultily('remove', key, () => removeFile(files, pathOf(files, key))),
  }
}

async function putCode(files: Files, key: string, picture: WholePicture): Promise<ClosedCode> {
  const outcome = await createWhole(files.folders, pathOf(files, key), picture.bytes)
  if (outcome === 'existed') {
    const adopted = await confirmCode(files, key, picture)
    if (adopted === null) throw storeVanished(key)
    return adopted
  }
  return closeCode({
    key,
    bytes: picture.bytes.byteLength,
    sha256: sha256Hex(picture.bytes),
    width: picture.width,
    format: picture.format,
    closedAtMs: files.clock.now(),
    origin: 'created',
  })
}

/** Syncs before it vouches: who linked the file may have died before syncing the folder. */
async function confirmCode(files: Files, key: string, expected: ExpectedPicture): Promise<ClosedCode | null> {
  const path = pathOf(files, key)
  const found = await readWhole(path)
  if (found === null) return null
  const code = adoptBytes({ key, bytes: found.bytes, closedAtMs: found.closedAtMs }, expected)
  await files.folders.syncNamed(dirname(path), found.namedAtMs)
  return code
}
