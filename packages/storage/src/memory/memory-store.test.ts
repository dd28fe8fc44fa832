import { describeCodeStore, describeRecords } from '@sunpress/testkit'
import { openMemoryStore } from './memory-store.js'

describeCodeStore('the memory twin', async () => {
  const { codes, records, close } = openMemoryStore({ clock: Date })
  return { codes, close, vouchesByLists: true, plant: (key, bytes) => records.put(key, bytes) }
})

describeRecords('the memory twin', async () => openMemoryStore({ clock: Date }))
