/** Real processes, killed and failed at every step of a put to the file store. Needs a build: the children run dist/. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePicture } from '@sunpress/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimParts } from '../../../../test/services/parts.mjs'
import { type PutOrder, runPuts } from '../testing/run-puts.js'
import { openFileStore } from './file-store.js'

const KEY = 'codes/wx0/ab/picture.png'
const picture = makePicture()
const digest = createHash('sha256').update(picture.bytes).digest('hex')
const FAILURE_STEPS = [
  'openTemp',
  'write',
  'fsync',
  'close',
  'link',
  'unlink',
  'openFolder',
  'fsyncFolder',
  'closeFolder',
]

let folder: string
let root: string
let order: PutOrder

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-chaos-'))
  root = join(folder, 'store')
  await writeFile(join(folder, 'picture'), picture.bytes)
  order = { location: `file:${root}`, key: KEY, kind: 'code', bytesFile: join(folder, 'picture') }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = () => openFileStore({ folder: root, clock: Date })
const filesUnder = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
const tempsUnder = async (path: string) => (await filesUnder(path)).filter((name) => name.startsWith('.tmp-'))

/** Makes the root, so that a put to `codes.png` takes nothing but the nine steps. */
async function prepareRoot(): Promise<PutOrder> {
  await open().records.put('there', Buffer.from('x'))
  return { ...order, key: 'codes.png' }
}

describe('the file store among processes', () => {
  it.each(['code', 'record'] as const)('has one winner when sixteen processes put one %s', async (kind) => {
    const ends = await runPuts(Array.from({ length: 16 }, () => ({ ...order, kind })))
    const outcomes = ends.map(({ said }) => said?.outcome?.split(' ')[0])
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'adopted' || outcome === 'existed')).toHaveLength(15)
    expect(await filesUnder(root)).toEqual(['picture.png'])
  })

  it('takes the steps in the order that makes a close durable', async () => {
    const [end] = await runPuts([await prepareRoot()])
    const steps = ['open', 'write', 'fsync', 'close', 'link', 'unlink', 'open', 'fsync', 'close']
    expect(end?.said?.steps.slice(-9)).toEqual(steps)
  })

  it('replaces a record by rename, synced before and after', async () => {
    const [end] = await runPuts([{ ...(await prepareRoot()), kind: 'replace' }])
    expect(end?.said?.steps.slice(-8)).toEqual([
      'open',
      'write',
      'fsync',
      'close',
      'rename',
      'open',
      'fsync',
      'close',
    ])
  })

  it('vouches for a picture of another only after a sync of its folder', async () => {
    const put = await prepareRoot()
    await open().codes.put(put.key, picture)
    const [end] = await runPuts([{ ...put, kind: 'confirm' }])
    expect(end?.said?.outcome).toBe(`adopted ${digest}`)
    expect(end?.said?.steps.slice(-3)).toEqual(['open', 'fsync', 'close'])
  })

  it('syncs the parent of every folder that it makes', async () => {
    const [end] = await runPuts([{ ...(await prepareRoot()), key: KEY }])
    const made = ['mkdir', 'open', 'fsync', 'close']
    const put = ['open', 'write', 'fsync', 'close', 'link', 'unlink', 'open', 'fsync', 'close']
    expect(end?.said?.steps.slice(1)).toEqual([...made, ...made, ...made, ...put])
  })
})

describe('a process killed in the midst of a put to the file store', () => {
  // A process for each step, one after the other.
  it('leaves nothing or a whole picture, and at most a temp file, whatever the step', {
    timeout: 180_000,
  }, async () => {
    const visible: boolean[] = []
    for (let step = 1; ; step++) {
      await rm(root, { recursive: true, force: true })
      const [end] = await runPuts([order], { env: { BREAK_AT: String(step) } })
      if (end?.signal === null) break
      expect(end).toMatchObject({ said: null, signal: 'SIGKILL' })
      visible.push(await expectWholeOrAbsent())
    }
    expect(visible.length).toBeGreaterThanOrEqual(20)
    expect(visible.filter((seen) => seen).length).toBeGreaterThanOrEqual(3)
  })

  /** Then puts again and sweeps, as the next worker and upkeep would. */
  async function expectWholeOrAbsent(): Promise<boolean> {
    const temps = await tempsUnder(folder)
    expect(temps.length).toBeLessThanOrEqual(1)
    const store = open()
    const seen = await store.codes.confirm(KEY, picture)
    if (seen !== null) expect(seen.sha256).toBe(digest)
    expect((await store.codes.put(KEY, picture)).sha256).toBe(digest)
    await ageTemps()
    expect(await store.sweep(3_600_000)).toBe(temps.length)
    expect(await filesUnder(root)).toEqual(['picture.png'])
    return seen !== null
  }

  async function ageTemps(): Promise<void> {
    const old = new Date(Date.now() - 7_200_000)
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (entry.name.startsWith('.tmp-')) await utimes(join(entry.parentPath, entry.name), old, old)
    }
  }

  it('keeps the old record whole when it dies before the rename', async () => {
    const replace: PutOrder = { ...(await prepareRoot()), key: 'there', kind: 'replace' }
    for (const step of ['write', 'rename']) {
      const [dry] = await runPuts([{ ...replace, key: 'other' }])
      const at = (dry?.said?.steps.indexOf(step) ?? -1) + 1
      await runPuts([replace], { env: { BREAK_AT: String(at) } })
      expect(Buffer.from((await open().records.read('there')) ?? []).toString()).toBe('x')
    }
  })

  it('leaves young temp files to their writers', async () => {
    const [dry] = await runPuts([await prepareRoot()])
    const at = (dry?.said?.steps.indexOf('link') ?? -1) + 1
    await runPuts([{ ...order, key: 'other.png' }], { env: { BREAK_AT: String(at) } })
    expect(await open().sweep(3_600_000)).toBe(0)
    expect(await tempsUnder(root)).toHaveLength(1)
  })
})

describe('a file system that fails', () => {
  it.each([
    ['EIO', 'RetryFault', 'store_io'],
    ['ENOSPC', 'HoldFault', 'store_full'],
    ['EDQUOT', 'HoldFault', 'store_full'],
    ['EROFS', 'HoldFault', 'store_forbidden'],
  ])('makes %s at any step a %s and leaves no temp file', async (errno, fault, code) => {
    const put = await prepareRoot()
    const { said } = (await runPuts([{ ...put, key: 'dry.png' }]))[0] ?? { said: null }
    const first = (said?.steps.length ?? 0) - FAILURE_STEPS.length
    for (const [nth, name] of FAILURE_STEPS.entries()) {
      // A temp file that cannot be unlinked is for the sweep; the picture is closed all the same.
      if (name === 'unlink') continue
      const env = { BREAK_AT: String(first + nth + 1), BREAK_WITH: errno }
      const [end] = await runPuts([{ ...put, key: `${name}.png` }], { env })
      expect(end?.said, name).toMatchObject({ fault, code })
      const isLinked = name.endsWith('Folder')
      expect((await open().codes.stat(`${name}.png`)) !== null, name).toBe(isLinked)
      expect(await tempsUnder(root)).toEqual([])
    }
  })

  it('knows its own file when the reply to a link was lost, as on NFS', async () => {
    const put = await prepareRoot()
    const [dry] = await runPuts([{ ...put, key: 'dry.png' }])
    const at = (dry?.said?.steps.indexOf('link') ?? -1) + 1
    const [end] = await runPuts([put], { env: { BREAK_AT: String(at), BREAK_WITH: 'reply' } })
    expect(end?.said).toMatchObject({ outcome: `created ${digest}` })
  })

  it('holds the app when a real disk is full, and leaves it as it was', async () => {
    const unshare = await claimParts({
      programs: ['unshare'],
      packages: ['util-linux'],
      instead: 'run as root',
    })
    const large = join(folder, 'large')
    await writeFile(large, Buffer.alloc(200_000, 1))
    const mounted = join(folder, 'disk')
    const script = `mkdir ${mounted} && mount -t tmpfs -o size=64k none ${mounted} && "$@"; end=$?; find ${mounted} -type f; exit $end`
    const before = [...unshare, 'unshare', '-Urm', 'sh', '-c', script, 'sh']
    const [end] = await runPuts([{ ...order, location: `file:${mounted}`, bytesFile: large }], { before })
    expect(end?.said, end?.stderr).toMatchObject({
      fault: 'HoldFault',
      code: 'store_full',
      reason: 'storage',
    })
    expect(end?.rest).toEqual([])
  })

  it.each([
    ['the file', 1, false],
    ['the folder', 2, true],
  ])('makes a real EIO from the fsync of %s a RetryFault', async (_, nth, isLinked) => {
    const put = await prepareRoot()
    const before = [...(await strace()), '-e', `inject=fsync:error=EIO:when=${nth}`]
    // strace counts calls by thread.
    const [end] = await runPuts([put], { before, env: { UV_THREADPOOL_SIZE: '1' } })
    expect(end?.said, end?.stderr).toMatchObject({ fault: 'RetryFault', code: 'store_io' })
    expect((await open().codes.stat(put.key)) !== null).toBe(isLinked)
    expect(await tempsUnder(root)).toEqual([])
    expect((await open().codes.put(put.key, picture)).sha256).toBe(digest)
  })

  it.each([
    ['link', false],
    ['unlink', true],
  ])('shows nothing or all when the kernel ends the process at %s', async (call, isLinked) => {
    const put = await prepareRoot()
    const before = [...(await strace()), '-e', `inject=?${call},?${call}at:signal=SIGKILL`]
    const [end] = await runPuts([put], { before })
    expect(end?.said).toBeNull()
    expect((await open().codes.confirm(put.key, picture)) !== null).toBe(isLinked)
    expect(await tempsUnder(root)).toHaveLength(1)
    if (isLinked) expect(await readFile(join(root, put.key))).toEqual(Buffer.from(picture.bytes))
  })

  async function strace(): Promise<string[]> {
    const parts = await claimParts({
      programs: ['strace'],
      packages: ['strace'],
      instead: 'put strace on PATH',
    })
    return [
      ...parts,
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync,link,linkat,unlink,unlinkat',
    ]
  }
})
