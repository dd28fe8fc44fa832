import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createTestApi } from './testing/test-api.js'

const COMMITTED = new URL('../../../packages/client/openapi.json', import.meta.url)

it("describes the API as the client's openapi.json does (UPDATE_OPENAPI=1 writes it)", async () => {
  const { app } = await createTestApi()
  await app.ready()
  const generated = `${JSON.stringify(app.swagger(), null, 2)}\n`
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(COMMITTED, generated)
  expect(JSON.parse(readFileSync(COMMITTED, 'utf8'))).toEqual(JSON.parse(generated))
})
