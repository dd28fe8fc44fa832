import { createHash } from 'node:crypto'
import type { CampaignId } from '@sunpress/core'
import { nameCode } from '@sunpress/core'
import { makeJpeg } from '@sunpress/image/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { quarantine, quarantineKey } from './quarantine.js'
import { APP, LOOK, openTestStore, PICTURE, print, type TestStore } from './testing/printed-campaign.js'

const { key } = nameCode(APP, 's=1', LOOK)
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let store: TestStore
let id: CampaignId

const textOf = async (file: string) => Buffer.from((await store.records.read(file)) ?? []).toString('utf8')

async function spoil(bytes: string) {
  await store.codes.remove(key)
  await store.records.put(key, Buffer.from(bytes))
  return { key, sha256: sha256Of(Buffer.from(bytes)) }
}

beforeEach(async () => {
  store = openTestStore()
  id = await print(store, { scenes: ['s=1'] })
})

describe('a quarantine', () => {
  it('keeps a copy and frees the key, and may be repeated', async () => {
    const found = await spoil('half a pict')
    expect(await quarantine(store, id, found)).toEqual({ kind: 'moved', kept: quarantineKey(id, key) })
    expect(await textOf(quarantineKey(id, key))).toBe('half a pict')
    expect(await store.codes.stat(key)).toBeNull()
    expect(await quarantine(store, id, found)).toEqual({ kind: 'gone' })
  })

  it('leaves a picture that is not what was found: somebody has replaced it', async () => {
    const sha256 = sha256Of(makeJpeg({ width: 280, height: 280, seed: 7 }))
    expect(await quarantine(store, id, { key, sha256 })).toEqual({ kind: 'other' })
    expect(await quarantine(store, id, { key, sha256: null })).toEqual({ kind: 'other' })
    expect((await store.codes.stat(key))?.bytes).toBe(PICTURE.length)
    expect((await store.records.list('quarantine/')).keys).toEqual([])
  })

  it('leaves a picture that was replaced while its copy was written', async () => {
    const found = await spoil('half a pict')
    const records = {
      ...store.records,
      async putIfAbsent(to: string, bytes: Uint8Array) {
        await spoil('another one')
        return await store.records.putIfAbsent(to, bytes)
      },
    }
    expect(await quarantine({ ...store, records }, id, found)).toEqual({ kind: 'other' })
    expect(await textOf(key)).toBe('another one')
  })

  it('overwrites no copy of an earlier one', async () => {
    await quarantine(store, id, await spoil('first'))
    const kept = quarantineKey(id, key, 2)
    expect(await quarantine(store, id, await spoil('second'))).toEqual({ kind: 'moved', kept })
    expect([await textOf(quarantineKey(id, key)), await textOf(kept)]).toEqual(['first', 'second'])
    await quarantine(store, id, await spoil('first'))
    expect((await store.records.list(`quarantine/${id}/`)).keys.length).toBe(2)
  })
})
