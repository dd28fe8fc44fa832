/**
 * The store in a folder, local or on NFS. Promises that a name appears only with all of its bytes, durably, and once.
 * Doesn't promise anything on file systems without hard links (FAT, most SMB): `prove` refuses those.
 */
import { resolve } from 'node:path'
import type { Clock } from '@sunpress/core'
import { proveCreateOnly } from '../prove.js'
import type { Store } from '../store.js'
import { fileCodes } from './file-codes.js'
import { fileFault } from './file-fault.js'
import { fileRecords } from './file-records.js'
import { openFolders } from './folders.js'
import { sweepFolder } from './sweep.js'

export interface FileStoreOptions {
  /** Absolute, or relative to the working directory. Made when first written to. */
  readonly folder: string
  readonly clock: Pick<Clock, 'now'>
}

export function openFileStore({ folder, clock }: FileStoreOptions): Store {
  const root = resolve(folder)
  const files = { root, folders: openFolders(root, clock), clock }
  const records = fileRecords(files)
  const where = `file:${root}`
  return {
    codes: fileCodes(files),
    records,
    where,
    prove: () => proveCreateOnly(records, where),
    sweep: async (olderThanMs) => {
      try {
        return await sweepFolder(root, clock.now() - olderThanMs)
      } catch (error) {
        throw fileFault(error, 'sweep', where)
      }
    },
    close: async () => {},
  }
}
