import type { Dispatcher } from 'undici'
import { expect, it } from 'vitest'
import { Exchange } from './exchange.js'

const controller = () => {
  const aborts: Error[] = []
  return { aborts, abort: (reason: Error) => aborts.push(reason) } as unknown as Dispatcher.DispatchController
}

const exchange = (notAfterMs = Infinity) =>
  new Exchange({
    what: 'POST /x',
    maxBytes: 10,
    notAfterMs,
    clock: { monotonic: () => 100 },
    random: () => 0,
  })

it('refuses to be written a second time on the same permit', async () => {
  const once = exchange()
  once.onRequestStart(controller())
  expect(() => once.onRequestStart(controller())).toThrow('not written')
  await expect(once.answer).rejects.toMatchObject({ kind: 'retry', code: 'upstream_reset' })
})

it('may be written at the very last millisecond of its permit', () => {
  expect(() => exchange(100).onRequestStart(controller())).not.toThrow()
})

it('answers with what came last, after an informational head', async () => {
  const it = exchange()
  it.onRequestStart(controller())
  it.onResponseStart(controller(), 103, { link: '</a>' })
  it.onResponseStart(controller(), 200, { 'content-length': '2' })
  it.onResponseData(controller(), Buffer.from('ok'))
  it.onResponseEnd()
  await expect(it.answer).resolves.toMatchObject({ status: 200, declaredLength: 2 })
})
