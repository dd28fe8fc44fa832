import type { RunRecord, ScheduleRecord } from '@sunpress/core'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ChosenRows, createScheduleLedger, type ScheduleLedger } from './schedules.js'

const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
let store: ReturnType<typeof openMemoryStore>
let ledger: ScheduleLedger
beforeEach(() => {
  store = openMemoryStore({ clock })
  ledger = createScheduleLedger(store.records)
})

const schedule = (name: string) => ({ v: 1, name }) as ScheduleRecord
const run = (key: string, change: Partial<RunRecord> = {}): RunRecord => {
  const [date, campaign] = key.split('.')
  const manual = campaign !== undefined
  return {
    v: 1,
    schedule: 'stores',
    date,
    campaign,
    manual,
    startedAt: '2026-11-20T00:00:00Z',
    ...change,
  } as RunRecord
}
const NAME = { schedule: 'stores', key: '2026-11-20' }
const keys = async (prefix = '') => (await store.records.list(prefix)).keys
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('schedules in the ledger', () => {
  it.each(['{"v":1,"na', 'null', '7', '{"v":1}', '{"v":1,"name":"b"}'])('are damaged as %s', async (text) => {
    await store.records.put('schedules/a.json', Buffer.from(text))
    await expect(ledger.read('a')).rejects.toMatchObject({ kind: 'halt', code: 'ledger_damaged' })
  })

  it('are listed by name, without their histories, and stay in them when they go', async () => {
    for (const name of ['b', 'a-night', 'a', 'a-x']) await ledger.write(schedule(name))
    await ledger.writeRun(run('2026-11-20'))
    expect(await all(ledger.listNames())).toEqual(['a', 'a-night', 'a-x', 'b'])
    expect(await ledger.read('a')).toEqual(schedule('a'))
    await ledger.remove('a')
    expect(await ledger.read('a')).toBeNull()
    expect(await ledger.listRuns('stores')).toEqual(['2026-11-20'])
  })
})

describe('runs in the ledger', () => {
  it('are claimed once: whoever comes later is given the first', async () => {
    expect(await ledger.claimRun(run('2026-11-20', { failures: 1 }))).toMatchObject({ failures: 1 })
    expect(await ledger.claimRun(run('2026-11-20', { failures: 2 }))).toMatchObject({ failures: 1 })
    expect(await all(ledger.listOpenRuns())).toEqual([NAME])
    expect(await ledger.openedAt(NAME)).toBe(Date.parse('2026-11-20T00:00:00Z'))
    await ledger.closeRun(NAME)
    expect(await all(ledger.listOpenRuns())).toEqual([])
    expect(await ledger.openedAt(NAME)).toBeNull()
  })

  it('have their mark before their record: none is ever lost', async () => {
    const put: string[] = []
    const { records } = store
    const told = createScheduleLedger({
      ...records,
      put: (key, bytes) => records.put(key, bytes).then(() => void put.push(key)),
      putIfAbsent: (key, bytes) => {
        put.push(key)
        return records.putIfAbsent(key, bytes)
      },
    })
    await told.claimRun(run('2026-11-20'))
    expect(put).toEqual(['open/run/stores/2026-11-20', 'schedules/stores/runs/2026-11-20.json'])
  })

  it('are listed by date, those that somebody asked for behind the night', async () => {
    for (const key of ['2026-11-20.01B', '2026-11-20', '2026-11-19', '2026-11-20.01A'])
      await ledger.writeRun(run(key))
    await ledger.draftRows(NAME).beginPage()
    expect(await ledger.listRuns('stores')).toEqual([
      '2026-11-19',
      '2026-11-20',
      '2026-11-20.01A',
      '2026-11-20.01B',
    ])
  })
})

const chosenOf = (attempt: string, pages: readonly number[]) =>
  ({
    rows: { kind: 'fetched', format: 'csv', attempt, pages },
    fingerprint: {},
    definition: {},
  }) as never as ChosenRows
const textOf = async (chosen: ChosenRows, page: number) =>
  Buffer.concat(await all(ledger.readPage(NAME, chosen, page))).toString()

describe('the rows of a run', () => {
  it('come back page by page as they were written, in pieces of a bounded size', async () => {
    const draft = ledger.draftRows(NAME)
    const big = Buffer.alloc(5 * 1024 * 1024, 'x')
    await draft.beginPage()
    for (let n = 0; n < 4; n++) await draft.write(big)
    await draft.beginPage()
    await draft.beginPage()
    // The buffer of a socket is used again.
    const chunk = Buffer.from('s=1')
    await draft.write(chunk)
    chunk.fill('-')
    const pages = await draft.finish()
    expect(pages).toEqual([2, 0, 1])
    const chosen = await ledger.chooseRows(NAME, chosenOf(draft.attempt, pages))
    expect((await textOf(chosen, 0)).length).toBe(4 * big.length)
    expect([await textOf(chosen, 1), await textOf(chosen, 2)]).toEqual(['', 's=1'])
  })

  it('are chosen once: those of another attempt are not', async () => {
    const first = await ledger.chooseRows(NAME, chosenOf('a', [1]))
    expect(await ledger.chooseRows(NAME, chosenOf('b', [2]))).toEqual(first)
    expect(await ledger.readChosen(NAME)).toEqual(first)
  })

  it('go when their attempt is given up, or all of them at the end; what was chosen stays known', async () => {
    const write = async () => {
      const draft = ledger.draftRows(NAME)
      await draft.beginPage()
      await draft.write(Buffer.from('x'))
      await draft.finish()
      return draft
    }
    const [one, other] = [await write(), await write()]
    await one.discard()
    expect((await keys('schedules/')).every((key) => key.includes(other.attempt))).toBe(true)
    const chosen = await ledger.chooseRows(NAME, chosenOf(other.attempt, [1]))
    await ledger.removeRows(NAME)
    expect(await keys()).toEqual(['schedules/stores/runs/2026-11-20/rows.json'])
    await expect(textOf(chosen, 0)).rejects.toThrow('taken away')
  })
})
