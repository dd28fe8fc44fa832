import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import {
  type CampaignOptions,
  parseColor,
  parseEpoch,
  parseScenes,
  parseWhole,
  planCampaignRequest,
} from './campaign-request.js'

const base = { app: 'wx0123456789abcdef', name: 'stores', checkPath: true }
const full: CampaignOptions = {
  ...base,
  page: 'pages/index/index',
  width: 300,
  color: { r: 1, g: 2, b: 3 },
  hyaline: true,
  envVersion: 'trial',
  epoch: 7,
  checkPath: false,
  priority: 9,
  skipBadRows: true,
}

const fields = {
  app: 'wx0123456789abcdef',
  name: 'stores',
  priority: 9,
  badRows: 'skip',
  look: {
    page: 'pages/index/index',
    checkPath: false,
    envVersion: 'trial',
    width: 300,
    lineColor: { r: 1, g: 2, b: 3 },
    hyaline: true,
    epoch: 7,
  },
}

test('a file is streamed, under its type', () => {
  expect(planCampaignRequest({ ...full, csv: 'stores.csv' })).toEqual({
    kind: 'stream',
    fields,
    type: 'text/csv',
    file: 'stores.csv',
  })
  expect(planCampaignRequest({ ...base, ndjson: '-' })).toMatchObject({
    type: 'application/x-ndjson',
    file: '-',
  })
})

test('scenes and ranges go as a whole', () => {
  expect(planCampaignRequest({ ...full, scenes: ['a', 'b'] })).toEqual({
    kind: 'whole',
    request: { ...fields, scenes: ['a', 'b'] },
  })
  expect(planCampaignRequest({ ...base, range: 't={n}', from: 1, to: 5000 })).toMatchObject({
    request: { range: { template: 't={n}', from: 1, to: 5000 } },
  })
})

test('what was not asked for is left to the producer', () => {
  const { app, checkPath } = base
  expect(planCampaignRequest({ app, checkPath, scenes: ['a'] })).toEqual({
    kind: 'whole',
    request: { app, look: {}, scenes: ['a'] },
  })
})

test('the colour auto asks for an automatic one', () => {
  expect(planCampaignRequest({ ...base, color: 'auto', csv: '-' })).toMatchObject({
    fields: { look: { autoColor: true } },
  })
})

test.each<[string, Partial<CampaignOptions>, string]>([
  ['no source', {}, 'got none'],
  ['two sources', { csv: 'a', scenes: ['b'] }, 'got --csv and --scenes'],
  ['a range without end', { range: 't={n}', from: 1 }, '--from and --to'],
  ['an end without a range', { csv: 'a', to: 1 }, 'belong to --range'],
])('%s is refused before anything is sent', (_what, options, message) => {
  expect(() => planCampaignRequest({ ...base, ...options })).toThrow(InvalidArgumentError)
  expect(() => planCampaignRequest({ ...base, ...options })).toThrow(message)
})

test('numbers are decimal digits alone', () => {
  expect(parseWhole('0430')).toBe(430)
  for (const text of ['', '-1', '1e3', '0x10', '1.5', ' 1', '9999999999999999']) {
    expect(() => parseWhole(text), text).toThrow(InvalidArgumentError)
  }
})

test('an epoch is a number, or now in seconds', () => {
  expect(parseEpoch('12')).toBe(12)
  expect(parseEpoch('now', () => 1_700_000_000_999)).toBe(1_700_000_000)
})

test('a colour is three numbers up to 255, or auto', () => {
  expect(parseColor('0,128,255')).toEqual({ r: 0, g: 128, b: 255 })
  expect(parseColor('auto')).toBe('auto')
  for (const text of ['red', '1,2', '1,2,256', '1,2,3,4', '1,,3']) {
    expect(() => parseColor(text), text).toThrow(InvalidArgumentError)
  }
})

test('a list of scenes drops what is empty around its commas', () => {
  expect(parseScenes('a=1, b=2,,c=3')).toEqual(['a=1', 'b=2', 'c=3'])
})
