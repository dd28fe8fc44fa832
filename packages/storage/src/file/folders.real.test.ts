import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Folders, openFolders } from './folders.js'

const SYNCED_AT = 1_000_000
let root: string
let folder: string
let folders: Folders

/** A folder that is gone tells whether somebody wanted to sync it. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'folders-'))
  folder = join(root, 'codes')
  folders = openFolders(root, { now: () => SYNCED_AT })
  await folders.ensure(folder)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const goneAfterSync = async (): Promise<void> => {
  await folders.sync(folder)
  rmSync(folder, { recursive: true })
}

describe('the root', () => {
  it('is made with all above it, and is there for who comes later', async () => {
    const deep = join(root, 'a', 'b', 'c')
    const both = [deep, deep].map((path) => openFolders(path, { now: () => SYNCED_AT }))
    await Promise.all(both.map((one) => one.ensure(deep)))
    expect(existsSync(deep)).toBe(true)
  })

  it.each([
    ['a file', 'EEXIST', ''],
    ['below a file', 'ENOTDIR', '/below/it'],
  ])('that is %s is refused with %s', async (_, code, below) => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    const path = `${file}${below}`
    await expect(openFolders(path, { now: () => SYNCED_AT }).ensure(path)).rejects.toThrow(code)
  })

  it('is refused where nothing can be made', async () => {
    const path = '/proc/sunpress/store'
    await expect(openFolders(path, { now: () => SYNCED_AT }).ensure(path)).rejects.toThrow()
  })
})

describe('a name that has to be durable', () => {
  it('is so already when a sync of its folder was begun well after it was given', async () => {
    await goneAfterSync()
    await folders.syncNamed(folder, SYNCED_AT - 60_001)
    expect(existsSync(folder)).toBe(false)
  })

  it.each([
    ['shortly before the last sync', SYNCED_AT - 60_000],
    ['after it', SYNCED_AT + 1],
  ])('is made so when it was given %s', async (_, namedAtMs) => {
    await goneAfterSync()
    await expect(folders.syncNamed(folder, namedAtMs)).rejects.toThrow('ENOENT')
  })

  it('is made so when this process has never synced its folder, or has forgotten that it did', async () => {
    rmSync(folder, { recursive: true })
    await expect(folders.syncNamed(folder, 0)).rejects.toThrow('ENOENT')
    folders = openFolders(root, { now: () => SYNCED_AT })
    await folders.ensure(folder)
    await goneAfterSync()
    folders.forget()
    await folders.syncNamed(folder, 0)
    expect(existsSync(folder)).toBe(true)
  })
})
