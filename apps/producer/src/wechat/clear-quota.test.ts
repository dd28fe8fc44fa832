import { type App, DEFAULT_QUOTAS, RetryFault, Secret, WaitFault } from '@sunpress/core'
import type { HttpAnswer } from '@sunpress/http'
import { closedAppBook } from '@sunpress/runtime'
import { describe, expect, it } from 'vitest'
import { clearingOf } from './clear-quota.js'

const APP: App = {
  appid: 'wx0123456789abcdef' as App['appid'],
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('x'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}

const told = (status: number, text: string) => async (): Promise<HttpAnswer> =>
  ({ status, headers: {}, bytes: Buffer.from(text) }) as unknown as HttpAnswer

function clearing(request: () => Promise<HttpAnswer>) {
  const http = { request, warm: async () => 0, close: async () => {}, destroy: async () => {} }
  const observer = { called: () => {} } as never
  const terms = { http, clock: { now: () => 0 }, random: () => 0, observer }
  const tokens = { get: () => Promise.reject(new Error('not asked for')) }
  return clearingOf({ apps: closedAppBook([APP]), tokens, terms })(APP.appid)
}

describe('clearing', () => {
  it.each([
    ['{"errcode":0,"errmsg":"ok"}', 'cleared'],
    ['{"errcode":48006,"errmsg":"forbid"}', 'exhausted'],
  ])('is %s by the word of WeChat', async (text, kind) =>
    expect(await clearing(told(200, text))).toMatchObject({ kind }),
  )

  it.each([
    ['a reset', () => Promise.reject(new RetryFault('upstream_reset', 'POST /cgi-bin/clear_quota: reset'))],
    ['a time-out', () => Promise.reject(new DOMException('timeout', 'TimeoutError'))],
    ['the answer of a gateway', told(502, '<html>')],
    ['an answer that is no JSON', told(200, '<html>')],
  ] as const)('is unknown behind %s', async (_what, request) =>
    expect(await clearing(request)).toMatchObject({ kind: 'unknown' }),
  )

  it('did not happen when nothing was written', () =>
    expect(
      clearing(() => Promise.reject(new WaitFault('upstream_unreachable', 'refused', 1_000))),
    ).rejects.toMatchObject({ code: 'upstream_unreachable' }))

  it.each(['-1', '40001', '50002'])('did not happen when WeChat answers %s', (errcode) =>
    expect(clearing(told(200, `{"errcode":${errcode},"errmsg":"x"}`))).rejects.toMatchObject({
      words: { errcode: Number(errcode) },
    }),
  )
})
