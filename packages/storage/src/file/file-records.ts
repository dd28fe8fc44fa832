/** The ledger's files in a folder. */
import type { ListOptions, RecordPage, Records } from '@sunpress/core'
import { checkPrefix } from '../key.js'
import { pageLimit, takePage } from '../page.js'
import { checkRange } from '../read-bytes.js'
import { readFile } from './calls.js'
import { type Files, faultily, orAbsent, pathOf, removeFile } from './files.js'
import { readPart } from './read-part.js'
import { walkKeys } from './walk.js'
import { createWhole, replaceWhole } from './write-whole.js'

export function fileRecords(files: Files): Records {
  return {
    put: (key, bytes) => faultily('put', key, () => replaceWhole(files.folders, pathOf(files, key), bytes)),
    putIfAbsent: (key, bytes) =>
      faultily('put', key, () => createWhole(files.folders, pathOf(files, key), bytes)),
    read: (key) => faultily('read', key, () => orAbsent(readFile(pathOf(files, key)))),
    readRange: (key, from, to) =>
      faultily('read', key, async () => {
        checkRange(from, to)
        return orAbsent(readPart(pathOf(files, key), from, to))
      }),
    list: (prefix, options = {}) => faultily('list', prefix, () => listKeys(files, prefix, options)),
    remove: (key) => faultily('remove', key, () => removeFile(files, pathOf(files, key))),
  }
}

async function listKeys(files: Files, prefix: string, options: ListOptions): Promise<RecordPage> {
  const names = walkKeys(files.root, {
    prefix: checkPrefix(prefix),
    after: options.after ?? '',
    folders: options.folders ?? false,
  })
  return takePage(names, pageLimit(options))
}
