/** getwxacode and createwxaqrcode, from the request to a scanner that reads the printed square. Every process is a real one. */
import { readNote } from '@sunpress/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScanner, type Scanner } from '../services/scanner.js'
import type { Campaign, Row } from './api.js'
import { appid, type Installation, startInstallation } from './installation.js'

const APP = appid(0)
let works: Installation
let scanner: Scanner

beforeAll(async () => {
  works = await startInstallation()
  scanner = await openScanner()
  await works.startWorker()
})
afterAll(() => Promise.all([works?.stop(), scanner?.close()]))

async function print(endpoint: 'limited' | 'qrcode', scenes: readonly string[], look = {}): Promise<Row[]> {
  const made = await works.api.post<Campaign>(APP, { look: { endpoint, ...look }, scenes })
  expect(made.status).toBe(202)
  const { counts } = await works.api.completed(made.body.id)
  expect(counts).toMatchObject({ published: scenes.length, refused: 0 })
  const rows = await works.api.rows(made.body.id)
  return rows.toSorted((a, b) => a.index - b.index)
}

const pictureOf = async ({ codeId }: Row): Promise<Buffer> =>
  Buffer.from(await (await fetch(`${works.api.url}/v1/codes/${codeId}/image`)).arrayBuffer())

describe('the limited lane', () => {
  it('prints square codes that a scanner reads as the paths that were asked for', async () => {
    const longest = `pages/shop/shop?id=${'7'.repeat(128 - 19)}`
    const paths = ['pages/index/index?from=poster&n=1', 'pages/商店/index?id=42', longest]
    const rows = await print('qrcode', paths)
    expect(rows.map(({ scene, page }) => [scene, page])).toEqual(paths.map((path) => [path, undefined]))
    for (const [at, row] of rows.entries()) expect(await scanner.scan(await pictureOf(row))).toBe(paths[at])
  })

  it('prints round codes of whole paths, transparent ones too', async () => {
    const [row] = await print('limited', ['pages/a?b=1'], { hyaline: true, width: 280 })
    expect(row).toMatchObject({ contentType: 'image/png', width: 280 })
    if (row === undefined) return
    expect(readNote(await pictureOf(row))?.params).toMatchObject({ path: 'pages/a?b=1', is_hyaline: true })
  })

  it('tells how many of the lifetime’s codes WeChat has counted', async () => {
    const [worker] = works.services.filter(
      ({ metricsUrl }) => metricsUrl !== works.producer.metricsUrl && metricsUrl,
    )
    const metrics = await (await fetch(String(worker?.metricsUrl))).text()
    expect(metrics).toMatch(new RegExp(`sunpress_limited_codes\\{app="${APP}"\\} [1-9]`))
    expect(metrics).toMatch(/sunpress_upstream_calls_total\{.*createwxaqrcode.*errcode="0"\} 3\n/)
  })
})
