import { DEFAULT_LOOK, type Look, parseLook } from '@sunpress/core'
import { expect, it } from 'vitest'
import { requestedLook } from './heal-campaign.js'

it.each<Look>([
  { ...DEFAULT_LOOK, page: 'pages/a', checkPath: false, width: 280, lineColor: { r: 1, g: 2, b: 3 } },
  { ...DEFAULT_LOOK, page: null },
  { ...DEFAULT_LOOK, endpoint: 'limited', hyaline: true, format: 'png', autoColor: true, epoch: 7 },
  { ...DEFAULT_LOOK, endpoint: 'qrcode', width: 1_280 },
])('asks for the very look that was printed: %j', (look) => {
  const parsed = parseLook(requestedLook({ look }))
  expect(parsed).toEqual({ ok: true, value: look })
})
