import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCodeStore, describeRecords } from '@sunpress/testkit'
import { openFileStore } from './file-store.js'

async function openTemporary() {
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-store-'))
  const store = openFileStore({ folder, clock: Date })
  return {
    ...store,
    vouchesByLists: false,
    plant: (key: string, bytes: Uint8Array) => store.records.put(key, bytes),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

describeCodeStore('the file store', openTemporary)
describeRecords('the file store', openTemporary)
