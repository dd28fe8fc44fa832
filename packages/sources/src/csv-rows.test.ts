import type { RawRow } from '@sunpress/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ROWS_PER_BATCH } from './batch.js'
import type { CsvHeader } from './csv-header.js'
import { csvRows } from './csv-rows.js'
import { MAX_LINE_BYTES } from './record-framer.js'

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function rowsOf(csv: string | Uint8Array, size = 1 << 20): Promise<RawRow[]> {
  const rows: RawRow[] = []
  const bytes = typeof csv === 'string' ? Buffer.from(csv) : csv
  for await (const batch of csvRows(inChunks(bytes, size))) rows.push(...batch)
  return rows
}

/** What matters of each row, on one line each. */
const told = (rows: readonly RawRow[]) =>
  rows.map((row) => {
    const line = 'line' in row.at ? row.at.line : row.at.pointer
    const rules = row.defects.map((defect) => `${defect.field}:${defect.rule}`)
    return [line, ...(row.fields === null ? [] : [row.fields]), ...rules, ...(row.fatal ? ['fatal'] : [])]
  })

const read = async (csv: string | Uint8Array, size?: number) => told(await rowsOf(csv, size))

const scene = (value: string) => ({ scene: value })

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

describe('a CSV that cannot be used', () => {
  it('names the columns that came when there is no scene column', async () => {
    const rows = await rowsOf('shop;page\n1;2\n')
    expect(told(rows)).toEqual([[1, 'scene:missing_column', 'fatal']])
    expect(rows[0]?.defects[0]?.message).toBe(
      'scene: expected a header row with a column "scene", got "shop;page"',
    )
  })

  it.each(['', '\n\n', '\ufeff'])('says that the header is missing in %j', async (csv) => {
    expect(await read(csv)).toEqual([[1, 'scene:missing_column', 'fatal']])
  })

  it('refuses a column that comes twice, and tells a missing scene at the same time', async () => {
    expect(await read('ref,page,ref,page\n')).toEqual([
      [1, 'ref:duplicate_column', 'page:duplicate_column', 'scene:missing_column', 'fatal'],
    ])
  })

  it('may have any number of columns without a name', async () => {
    expect(await read('scene,,\ns=1,,\n')).toEqual([[2, scene('s=1')]])
  })

  it('is refused when it is UTF-16, whose byte order mark is no UTF-8', async () => {
    expect(await read(Buffer.from('\ufeffscene\ns=1\n', 'utf16le'))).toEqual([[1, 'row:utf8', 'fatal']])
  })

  it.each([
    ['"sc"ene\ns=1\n', 'row:quote'],
    [`scene,${'x'.repeat(MAX_LINE_BYTES)}\ns=1\n`, 'row:too_long'],
    [Buffer.from('scene,\xff\ns=1\n', 'latin1'), 'row:utf8'],
  ])('is refused when its header is defective (%#)', async (csv, rule) => {
    expect(await read(csv)).toEqual([[1, rule, 'fatal']])
  })

  it('was cut off when it ends inside of quotes', async () => {
    expect(await read('scene,caption\ns=1,a\ns=2,"b\ns=3,c\n')).toEqual([
      [2, { scene: 's=1', caption: 'a' }],
      [3, 'row:cut_off', 'fatal'],
    ])
  })

  it('throws what its body throws', async () => {
    async function* broken() {
      yield Buffer.from('scene\ns=1\n')
      throw new Error('aborted')
    }
    const rows = csvRows(broken())
    await expect(rows.next()).rejects.toThrow('aborted')
  })
})

describe('a bad line', () => {
  const long = 'x'.repeat(MAX_LINE_BYTES)

  it.each([
    ['behind a closing quote', 's=1,"a"b'],
    ['behind a closing quote, with more quotes', 's=1,"a" b "c",'],
  ])('with text %s costs itself alone', async (_, line) => {
    expect(await read(`scene,caption\ns=0,z\n${line}\ns=2,"ok"\n`)).toEqual([
      [2, { scene: 's=0', caption: 'z' }],
      [3, 'row:quote'],
      [4, { scene: 's=2', caption: 'ok' }],
    ])
  })

  it('with a quote that is never closed costs itself alone when another quoted row follows', async () => {
    expect(await read('scene,caption\ns=1,"a\ns=2,b\ns=3,"c"\ns=4,d\n')).toEqual([
      [2, 'row:quote'],
      [3, { scene: 's=2', caption: 'b' }],
      [4, { scene: 's=3', caption: 'c' }],
      [5, { scene: 's=4', caption: 'd' }],
    ])
  })

  it('with a quote that stays open for 64 kB costs itself alone', async () => {
    const rest = Array.from({ length: 10_000 }, (_, i) => `s=${i},row`)
    const rows = await read(`scene,caption\ns=x,"a\n${rest.join('\n')}\n`, 1_000)
    expect(rows[0]).toEqual([2, 'row:quote'])
    expect(rows.slice(1)).toEqual(rest.map((_, i) => [i + 3, { scene: `s=${i}`, caption: 'row' }]))
  })

  it('may have 64 kB and not a byte more, quoted or not', async () => {
    const fits = 'y'.repeat(MAX_LINE_BYTES - 4)
    const csv = `scene,note\ns=1,${fits}\ns=2,${fits}y\ns=3,"${fits.slice(2)}"\ns=4,"${fits.slice(1)}"\ns=5,\n`
    expect(await read(csv)).toEqual([
      [2, scene('s=1')],
      [3, 'row:too_long'],
      [4, scene('s=3')],
      [5, 'row:too_long'],
      [6, scene('s=5')],
    ])
  })

  it('of many megabytes is one bad row', async () => {
    async function* endless() {
      yield Buffer.from('scene\ns=1\n')
      for (let i = 0; i < 1_000; i++) yield Buffer.from(long)
      yield Buffer.from('\ns=2\n')
    }
    const rows: RawRow[] = []
    for await (const batch of csvRows(endless())) rows.push(...batch)
    expect(told(rows)).toEqual([
      [2, scene('s=1')],
      [3, 'row:too_long'],
      [4, scene('s=2')],
    ])
  })

  it('that is too long at the very end is no cut', async () => {
    expect(await read(`scene\n${long}x`)).toEqual([[2, 'row:too_long']])
  })

  it('of invalid UTF-8 is told by its column, ignored ones too, and the others keep their text', async () => {
    const gbk = Buffer.from([0xb5, 0xea])
    const csv = Buffer.concat([
      Buffer.from('scene,caption,city\ns=1,店,京\ns=2,'),
      gbk,
      Buffer.from(',京\ns=3,店,'),
      gbk,
      Buffer.from('\ns=4,店\n'),
    ])
    const rows = await read(csv)
    expect(rows.map((row) => [row[0], ...row.slice(2)])).toEqual([
      [2],
      [3, 'caption:utf8'],
      [4, 'city:utf8'],
      [5],
    ])
    expect(rows[0]?.[1]).toEqual({ scene: 's=1', caption: '店' })
    expect(rows[3]?.[1]).toEqual({ scene: 's=4', caption: '店' })
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
