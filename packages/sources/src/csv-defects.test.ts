/** What a CSV can have wrong with it: as a whole, or in a line that costs itself alone. */
import type { RawRow } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { csvRows } from './csv-rows.js'
import { MAX_LINE_BYTES } from './record-framer.js'
import { read, rowsOf, scene, told } from './testing/read-csv.js'

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
