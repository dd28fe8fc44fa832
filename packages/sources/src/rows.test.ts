import { DEFAULT_LOOK, planRow, type RawRow } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { ROWS_PER_BATCH } from './batch.js'
import { ndjsonRows } from './ndjson-rows.js'
import { parseRange, planRange, rangeRows, rangeSize } from './range.js'
import { sceneRows } from './scene-rows.js'

const look = { ...DEFAULT_LOOK, page: 'pages/index/index' }
const flat = (batches: Iterable<RawRow[]>): RawRow[] => [...batches].flat()
const errorsOf = (rows: readonly RawRow[]) =>
  rows.flatMap((row) => {
    const planned = planRow(row, look)
    return 'errors' in planned ? planned.errors : []
  })

describe('sceneRows', () => {
  it('reads a bare scene and an object alike', () => {
    const rows = flat(sceneRows(['s=1', { scene: 's=2', page: 'pages/a', ref: 'R', caption: 'C' }]))
    expect(rows.map((row) => planRow(row, look))).toEqual([
      { row: { scene: 's=1' } },
      { row: { scene: 's=2', page: 'pages/a', ref: 'R', caption: 'C' } },
    ])
  })

  it('names no more than 20 of the fields that a row should not have', () => {
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`x${n}`, n]))
    const errors = errorsOf(flat(sceneRows([{ scene: 's=1', ...fields }])))
    expect(errors).toHaveLength(20)
    expect(errors.at(-1)?.message).toContain('4980 more')
  })

  it('names places by JSON pointer, of the item itself where it is a string, and tells all defects at once', () => {
    const rows = flat(sceneRows(['ok', 's 1', { page: '/a', 'x/y': 1 }, 7, null, ['s=1']]))
    expect(errorsOf(rows)).toMatchObject([
      { pointer: '/scenes/1', field: 'scene', rule: 'alphabet' },
      { pointer: '/scenes/2/x~1y', field: 'x/y', rule: 'unknown' },
      { pointer: '/scenes/2/scene', field: 'scene', rule: 'required' },
      { pointer: '/scenes/2/page', field: 'page', rule: 'leading_slash' },
      { pointer: '/scenes/3', field: 'row', rule: 'type', value: 7 },
      { pointer: '/scenes/4', field: 'row', rule: 'type', value: null },
      { pointer: '/scenes/5', field: 'row', rule: 'type', value: ['s=1'] },
    ])
  })

  it('hands rows on by the batch', () => {
    const scenes = Array.from({ length: ROWS_PER_BATCH * 2 + 1 }, (_, i) => `s=${i}`)
    const sizes = [...sceneRows(scenes)].map((batch) => batch.length)
    expect(sizes).toEqual([ROWS_PER_BATCH, ROWS_PER_BATCH, 1])
  })
})

describe('a range', () => {
  const scenesOf = (input: unknown) => {
    const range = parseRange(input)
    return range.ok ? flat(rangeRows(range.value)).map((row) => row.fields?.scene) : range.defects
  }
  const rules = (input: unknown) => {
    const range = parseRange(input)
    return range.ok ? [] : range.defects.map((defect) => `${defect.field}:${defect.rule}`)
  }

  it('counts from and to inclusive', () => {
    expect(scenesOf({ template: 't={n}', from: 0, to: 2 })).toEqual(['t=0', 't=1', 't=2'])
    expect(scenesOf({ template: '{n}', from: 7, to: 7 })).toEqual(['7'])
    expect(rangeSize({ template: '{n}', from: 3, to: 5 })).toBe(3)
  })

  it('pads with zeros, cuts nothing, and fills every placeholder', () => {
    expect(scenesOf({ template: 'a{n:2}b{n}', from: 99, to: 100 })).toEqual(['a99b99', 'a100b100'])
    expect(scenesOf({ template: 't{n:5}', from: 9, to: 10 })).toEqual(['t00009', 't00010'])
  })

  it.each([
    [null, ['range:type']],
    [[], ['range:type']],
    [{}, ['range.template:required', 'range.from:required', 'range.to:required']],
    [
      { template: 1, from: '1', to: 1.5, step: 2 },
      ['range.step:unknown', 'range.template:type', 'range.from:value', 'range.to:value'],
    ],
    [{ template: 't=1', from: 1, to: 2 }, ['range.template:placeholder']],
    [{ template: '{n}{m}', from: 1, to: 2 }, ['range.template:placeholder']],
    [{ template: '{n:0}', from: 1, to: 2 }, ['range.template:placeholder']],
    [{ template: '{n:21}', from: 1, to: 2 }, ['range.template:placeholder']],
    [{ template: `{n}${'x'.repeat(2_000)}`, from: 1, to: 2 }, ['range.template:length']],
    [{ template: '{n}', from: 2, to: 1 }, ['range.to:order']],
    [{ template: '{n}', from: -1, to: 1 }, ['range.from:value']],
    [{ template: '{n}', from: 1, to: 100_000_001 }, ['range.to:too_many']],
  ])('is refused with every defect: %j', (input, expected) => {
    expect(rules(input)).toEqual(expected)
  })

  it('is made as it is asked for', () => {
    const [first] = rangeRows({ template: '{n}', from: 1, to: 100_000_000 })
    expect(first).toHaveLength(ROWS_PER_BATCH)
  })

  it('is judged by its last row, which is the longest', () => {
    const template = `${'a'.repeat(30)}{n}`
    expect(planRange({ template, from: 1, to: 99 }, look)).toEqual([])
    expect(planRange({ template, from: 1, to: 100 }, look)).toMatchObject([
      { pointer: '/range/template', field: 'scene', rule: 'length' },
    ])
  })
})

describe('ndjsonRows', () => {
  async function rowsOf(text: string | Buffer): Promise<RawRow[]> {
    const rows: RawRow[] = []
    async function* body() {
      for (const byte of Buffer.from(text)) yield Uint8Array.of(byte)
    }
    for await (const batch of ndjsonRows(body())) rows.push(...batch)
    return rows
  }

  it('reads each line as an item of scenes, and passes over empty ones', async () => {
    const rows = await rowsOf('"s=1"\n\n{"scene":"s=2","ref":"店"}\r\n"s=3"')
    expect(rows.map(({ at, fields }) => [at, fields])).toEqual([
      [{ line: 1 }, { scene: 's=1' }],
      [{ line: 3 }, { scene: 's=2', ref: '店' }],
      [{ line: 4 }, { scene: 's=3' }],
    ])
  })

  it('finds a bad line bad and goes on', async () => {
    const rows = await rowsOf(Buffer.from('{"scene":\n"\xff"\n{"scene":"s=1","n":1}\n"s=2"\n', 'latin1'))
    expect(errorsOf(rows)).toMatchObject([
      { line: 1, field: 'row', rule: 'json' },
      { line: 2, field: 'row', rule: 'utf8' },
      { line: 3, field: 'n', rule: 'unknown' },
    ])
    expect(rows.some((row) => row.fatal)).toBe(false)
  })

  it('was cut off when its last line is torn', async () => {
    const rows = await rowsOf('"s=1"\n{"scene":"s=')
    expect(rows[1]).toMatchObject({ at: { line: 2 }, fatal: true, defects: [{ rule: 'cut_off' }] })
  })
})
