/** Verify, heal and purge by the CLI, over both stores, with a real producer and worker that print again. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import type { Records } from '@sunpress/core'
import { makeJpeg, makePng } from '@sunpress/image/testing'
import { readStoreConfig, systemClock } from '@sunpress/runtime'
import { type ConfiguredStores, openConfiguredStores } from '@sunpress/storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Campaign, PAGE, type Row, untilThere } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { makeBucket } from './make-bucket.js'
import { BIN, type Service } from './service.js'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Healed {
  readonly campaign: string
  readonly replaced: number
  readonly left: number
  readonly refused: readonly { readonly scene: string; readonly reason: string }[]
  readonly urlsToPurge: readonly string[]
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.each(['file', 's3'] as const)('pictures in a %s store', (kind) => {
  let works: Installation
  let worker: Service
  let stores: ConfiguredStores
  let records: Records

  beforeAll(async () => {
    works = await startInstallation(kind === 's3' ? { s3: await makeBucket() } : {})
    worker = await works.startWorker()
    stores = await openConfiguredStores(readStoreConfig(works.env), { clock: systemClock })
    records = stores.records
  })
  afterAll(async () => {
    await stores?.close()
    await works?.stop()
  })

  const sunpress = (...args: string[]): Promise<Ended> =>
    promisify(execFile)(process.execPath, [BIN, ...args], {
      env: { ...works.env, SUNPRESS_API_URL: works.api.url } as NodeJS.ProcessEnv,
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code: Number(code), stdout: String(stdout), stderr: String(stderr) }),
    )
  const json = async <T>(...args: string[]): Promise<T & { readonly code: number }> => {
    const { code, stdout, stderr } = await sunpress(...args, '--json')
    if (stdout === '') throw new Error(stderr)
    return { ...JSON.parse(stdout), code }
  }
  const heal = (id: string) => json<{ healed: Healed }>('verify', id, '--heal')

  async function print(
    app: string,
    scenes: readonly string[],
  ): Promise<{ id: string; rows: readonly Row[] }> {
    const { id } = (await works.api.post<Campaign>(app, { scenes })).body
    const { counts } = await works.api.completed(id)
    expect(counts).toMatchObject({ published: scenes.length })
    await closed(id)
    return { id, rows: (await works.api.rows(id)).toSorted((a, b) => a.index - b.index) }
  }
  /** Its open mark goes last: until then no purge takes it. */
  const closed = (id: string): Promise<true> =>
    untilThere(async () => ((await records.read(`open/${id}`)) === null ? true : null))
  const keyOf = (rows: readonly Row[], index: number): string => rows[index]?.key ?? ''
  const stands = async (row: Row): Promise<boolean> => (await records.read(row.key)) !== null

  it('that are missing, cut, of another type or size are found, and printed again', async () => {
    const app = appid(0)
    const { id, rows } = await print(app, ['s=1', 's=2', 's=3', 's=4', 's=5'])
    const shared = await print(app, ['s=2'])
    expect((await sunpress('verify', id)).code).toBe(0)
    const whole = (await records.read(keyOf(rows, 1))) ?? new Uint8Array()
    await records.remove(keyOf(rows, 0))
    await records.put(keyOf(rows, 1), whole.subarray(0, whole.length / 2))
    await records.put(keyOf(rows, 2), makePng({ width: 430, height: 430 }))
    await records.put(keyOf(rows, 3), makeJpeg({ width: 280, height: 280 }))
    const found = await json('verify', id)
    expect(found).toMatchObject({
      ...{ code: 3, sound: false },
      findings: { missing: 1, corrupt: 1, wrong_type: 1, wrong_size: 1, changed: 0 },
    })
    const { code, healed } = await heal(id)
    expect({ code, ...healed }).toMatchObject({ code: 0, replaced: 4, refused: [], left: 0 })
    expect([...healed.urlsToPurge].sort()).toEqual(
      rows
        .slice(0, 4)
        .map(({ url }) => url)
        .sort(),
    )
    expect((await sunpress('verify', id)).code).toBe(0)
    expect((await sunpress('verify', shared.id)).code).toBe(0)
    const again = await works.api.rows(healed.campaign)
    expect(again.every((row) => 'type' in row && row.type === 'code.replaced' && !row.reused)).toBe(true)
    expect(await checkRows(again, works.api.url)).toEqual([])
    // The rows of before stay as they are; a reader who finds another picture asks, and accepts it.
    const [old, now] = [rows[1], again.find(({ key }) => key === keyOf(rows, 1))]
    const picture = (await records.read(keyOf(rows, 1))) ?? new Uint8Array()
    expect([sha256(picture), (await works.api.rows(id)).some((row) => row.sha256 === old?.sha256)]).toEqual([
      now?.sha256,
      true,
    ])
    const told = await works.api.ask<{ replaced: readonly string[] }>(`/v1/codes/${old?.codeId}`)
    expect(told.body.replaced).toEqual([now?.sha256])
  })

  it('that WeChat refuses to print again are told, and the rest is healed', async () => {
    const app = appid(1)
    const { id, rows } = await print(app, ['s=1', 'bad=1'])
    for (const row of rows) await records.remove(row.key)
    await works.admin.order([{ kind: '40129', match: { appid: app, scene: { regex: '^bad' } } }])
    const first = await heal(id)
    expect([first.code, first.healed]).toMatchObject([
      3,
      { replaced: 1, left: 0, refused: [{ scene: 'bad=1' }] },
    ])
    await works.admin.order([])
    const second = await heal(id)
    expect([second.code, second.healed]).toMatchObject([0, { replaced: 1, refused: [] }])
    expect((await sunpress('verify', id)).code).toBe(0)
  })

  it('of a campaign that is open are read and healed as far as its manifest is closed, which is no verification of it', async () => {
    const app = appid(5)
    const bad = { appid: app, scene: { regex: '^bad' } }
    await works.admin.order([{ kind: '40129', match: bad }])
    const { id } = (await works.api.post<Campaign>(app, { scenes: ['s=1', 's=2', 'bad=1'] })).body
    await works.api.completed(id)
    await closed(id)
    expect((await sunpress('verify', id)).code).toBe(0)
    // Opened again, and kept open: nobody calls for its scene before it is paused.
    await worker.kill('SIGTERM')
    await works.admin.order([])
    const again = await works.api.ask(`/v1/campaigns/${id}/retry-failed`, { method: 'POST' })
    const paused = await works.api.command(id, 'pause')
    expect([again.status, paused.status, paused.body]).toMatchObject([200, 200, { state: 'paused' }])
    await works.api.until(id, ({ state, counts }) => state === 'paused' && counts.pending === 1)
    worker = await works.startWorker()
    const open = { ended: false, state: null, sound: false, published: 2, unlisted: 1 }
    expect(await json('verify', id)).toMatchObject({ code: 1, ...open, findings: { missing: 0 } })
    expect((await sunpress('verify', id)).stdout).toContain('it has not ended: 1 of its 3 scenes')
    await records.remove(keyOf(await works.api.rows(id), 0))
    expect(await json('verify', id)).toMatchObject({ code: 3, ...open, findings: { missing: 1 } })
    const { code, healed } = await heal(id)
    expect({ code, ...healed }).toMatchObject({ code: 1, replaced: 1, left: 0, refused: [] })
    await works.api.command(id, 'resume')
    await works.api.completed(id)
    expect(await json('verify', id)).toMatchObject({ code: 0, ended: true, published: 3, unlisted: 0 })
  })

  it('go for good with the campaigns that are old enough, but for those that others have published', async () => {
    const app = appid(2)
    const old = await print(app, ['s=1', 's=2'])
    const young = await print(app, ['s=2', 's=3'])
    await grow(old.id)
    const args = ['purge', '--app', app, '--older-than', '90d']
    const items = [{ campaign: old.id, withdrawn: 1, shared: 1 }]
    expect(await json(...args)).toMatchObject({ code: 0, dryRun: true, items, used: [] })
    expect(await Promise.all(old.rows.map(stands))).toEqual([true, true])
    expect(await json(...args, '--yes')).toMatchObject({ code: 0, dryRun: false, items, used: [] })
    expect(await Promise.all([...old.rows, ...young.rows].map(stands))).toEqual([false, true, true, true])
    expect((await sunpress(...args, '--yes')).stderr).toContain(`${old.id} was purged before`)
    expect(await sunpress('verify', old.id)).toMatchObject({
      ...{ code: 1, stderr: '' },
      stdout: `its pictures were purged: nothing is left to verify\n${old.id}  not verified\n`,
    })
    expect((await sunpress('verify', young.id)).code).toBe(0)
    expect((await works.api.ask(`/v1/codes/${old.rows[0]?.codeId}`)).status).toBe(404)
    // Printed anew by whoever wants it next.
    await print(app, ['s=1'])
    expect(await Promise.all(old.rows.map(stands))).toEqual([true, true])
  })

  it('of a schedule with nothing new stay, however old its campaign, until somebody names it', async () => {
    const app = appid(3)
    const range = { kind: 'range', template: 'n={n}', from: 1, to: 3 }
    // Half a day from now: only the run that is asked for makes a campaign.
    const cron = `30 ${(new Date().getUTCHours() + 12) % 24} * * *`
    const body = { app, cron, timeZone: 'UTC', look: { page: PAGE }, source: range }
    const init = {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    expect((await works.api.ask(`/v1/schedules/${kind}`, init)).status).toBeLessThan(300)
    await works.api.ask(`/v1/schedules/${kind}/run`, { method: 'POST' })
    const campaign = await untilThere(async () => {
      const runs = await works.api.ask<{ items: { outcome: string; campaign: string }[] }>(
        `/v1/schedules/${kind}/runs`,
      )
      return runs.body.items.find(({ outcome }) => outcome === 'created')?.campaign ?? null
    })
    await works.api.completed(campaign)
    const rows = await works.api.rows(campaign)
    await grow(campaign)
    const byAge = ['purge', '--app', app, '--older-than', '90d', '--yes']
    expect(await json(...byAge)).toMatchObject({ code: 0, items: [], used: [{ campaign, schedule: kind }] })
    expect((await sunpress(...byAge)).stdout).toContain(`${campaign}  stays`)
    expect(await Promise.all(rows.map(stands))).toEqual([true, true, true])
    const named = await json('purge', '--campaign', campaign, '--yes')
    expect(named).toMatchObject({ code: 0, items: [{ campaign, withdrawn: 3 }] })
    expect(await Promise.all(rows.map(stands))).toEqual([false, false, false])
  })

  it('are taken away from whoever healed them only with the campaign that was healed', async () => {
    const { id, rows } = await print(appid(4), ['s=1', 's=2'])
    await records.remove(keyOf(rows, 0))
    const { healed } = await heal(id)
    await sunpress('purge', '--campaign', id, '--yes')
    expect(await Promise.all(rows.map(stands))).toEqual([true, false])
    await closed(healed.campaign)
    await sunpress('purge', '--campaign', healed.campaign, '--yes')
    expect(await Promise.all(rows.map(stands))).toEqual([false, false])
  })

  /** As if it had ended a hundred days ago. */
  async function grow(id: string): Promise<void> {
    const file = `campaigns/${id}/report.json`
    await closed(id)
    const bytes = (await records.read(file)) ?? new Uint8Array()
    const { finishedAt: _finishedAt, ...report } = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const finishedAt = new Date(Date.now() - 100 * 86_400_000).toISOString()
    await records.put(file, Buffer.from(`${JSON.stringify({ ...report, finishedAt })}\n`))
  }
})
