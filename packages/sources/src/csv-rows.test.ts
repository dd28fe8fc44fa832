/** How the rows of a CSV are read, in chunks of any size. */
import type { RawRow } from '@sunpress/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROWS_PER_BATCH } from './batch.js'
import type { CsvHeader } from './csv-header.js'
import { csvRows } from './csv-rows.js'
import { inChunks, read, rowsOf, scene, told } from './testing/read-csv.js'

describe('csvRows', () => {
  it('reads rows by the names in the header, in any order of columns', async () => {
    expect(await read('caption,scene,page,ref\nShop 1,s=1,pages/a,R1\nShop 2,s=2,pages/b,R2\n')).toEqual([
      [2, { caption: 'Shop 1', scene: 's=1', page: 'pages/a', ref: 'R1' }],
      [3, { caption: 'Shop 2', scene: 's=2', page: 'pages/b', ref: 'R2' }],
    ])
  })

  it('reads the last line without its line feed', async () => {
    expect(await read('scene\ns=1\ns=2')).toEqual([
      [2, scene('s=1')],
      [3, scene('s=2')],
    ])
  })

  it('leaves a byte order mark out, and still reads UTF-8', async () => {
    expect(await read('\ufeff"scene",caption\r\ns=1,店铺\r\n')).toEqual([
      [2, { scene: 's=1', caption: '店铺' }],
    ])
  })

  it('reads CRLF and LF in one file', async () => {
    expect(await read('scene,ref\r\ns=1,a\r\ns=2,b\ns=3,"c"\r\n')).toEqual([
      [2, { scene: 's=1', ref: 'a' }],
      [3, { scene: 's=2', ref: 'b' }],
      [4, { scene: 's=3', ref: 'c' }],
    ])
  })

  it('reads commas, line feeds and doubled quotes inside of quotes, and counts physical lines', async () => {
    expect(await read('scene,caption\ns=1,"a, ""b""\nc"\ns=2,d\n')).toEqual([
      [2, { scene: 's=1', caption: 'a, "b"\nc' }],
      [4, { scene: 's=2', caption: 'd' }],
    ])
  })

  it('takes an empty field, and one that the row is too short for, as absent', async () => {
    expect(await read('scene,page,ref\ns=1,,r\ns=2\n,p,\n')).toEqual([
      [2, { scene: 's=1', ref: 'r' }],
      [3, scene('s=2')],
      [4, { page: 'p' }],
    ])
  })

  it('passes over empty lines and lines of nothing but commas, which count as lines', async () => {
    expect(await read('\n\r\nscene,ref\n\n,\ns=1,\n\n\ns=2,\n\n')).toEqual([
      [6, scene('s=1')],
      [9, scene('s=2')],
    ])
  })

  it('hands rows on by the batch, in their order', async () => {
    const scenes = Array.from({ length: 10_001 }, (_, i) => `${i}`)
    const batches: RawRow[][] = []
    for await (const batch of csvRows(inChunks(Buffer.from(`scene\n${scenes.join('\n')}`), 100_000))) {
      batches.push(batch)
    }
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(ROWS_PER_BATCH)
    expect(batches.length).toBeLessThan(20)
    expect(batches.flat().map((row) => row.fields?.scene)).toEqual(scenes)
  })

  it('tells the columns it ignores, before the first row', async () => {
    const order: unknown[] = []
    const onHeader = (header: CsvHeader) => order.push(header)
    for await (const batch of csvRows(
      inChunks(Buffer.from(' scene ,city,,ref,owner\na,b,c,d,e\n'), 3),
      onHeader,
    )) {
      order.push(told(batch))
    }
    expect(order).toEqual([
      { columns: ['scene', 'city', '', 'ref', 'owner'], ignoredColumns: ['city', 'owner'] },
      [[2, { scene: 'a', ref: 'd' }]],
    ])
  })

  it('finds a row bad that has more fields than the header, and reads what it can of it', async () => {
    expect(await read('scene,ref\ns=1,r,extra\ns=2,r\n')).toEqual([
      [2, { scene: 's=1', ref: 'r' }, 'row:too_many_fields'],
      [3, { scene: 's=2', ref: 'r' }],
    ])
  })

  it('keeps a quote inside of an unquoted field as a character', async () => {
    expect(await read('scene,caption\ns=1,12" pipe\ns=2,ok\n')).toEqual([
      [2, { scene: 's=1', caption: '12" pipe' }],
      [3, { scene: 's=2', caption: 'ok' }],
    ])
  })
})

describe('whatever comes', () => {
  const piece = fc.constantFrom(
    '"',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    'a',
    's=1',
    '\u5e97',
    '\0',
    ' ',
    '\xff\xfe',
  )
  const file = fc
    .array(piece, { maxLength: 60 })
    .map((pieces) =>
      Buffer.concat(pieces.map((text) => Buffer.from(text, text === '\xff\xfe' ? 'latin1' : 'utf8'))),
    )

  it('gives the same rows in chunks of any size, in ascending lines, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 20 }), async (bytes, size) => {
        const csv = Buffer.concat([Buffer.from('scene,caption\n'), bytes])
        const whole = await rowsOf(csv)
        expect(await rowsOf(csv, size)).toEqual(whole)
        const lines = whole.map(({ at }) => ('line' in at ? at.line : 0))
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b))
      }),
      { numRuns: 500 },
    )
  })

  it('reads back what was written by the rules of RFC 4180', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '店', ' '),
      minLength: 1,
      maxLength: 8,
    })
    const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 20 }), async (pairs) => {
        const csv = `scene,caption\n${pairs.map((pair) => `${pair.map(quoted).join(',')}\n`).join('')}`
        const fields = (await rowsOf(csv)).map((row) => row.fields)
        expect(fields).toEqual(pairs.map(([scene, caption]) => ({ scene, caption })))
      }),
    )
  })
})
