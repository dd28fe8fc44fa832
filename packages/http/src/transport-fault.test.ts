import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { toTransportFault } from './transport-fault.js'

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code })
const state = { what: 'GET /x', written: true, answered: false, random: 0 }

it('keeps only name, code and message of a cause, without query strings', () => {
  const error = Object.assign(coded('ECONNRESET', 'bad http://h/x?access_token=SECRET here'), {
    data: 'SECRET',
  })
  const fault = toTransportFault(error, state)
  expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain('SECRET')
  expect(fault.cause).toMatchObject({ code: 'ECONNRESET', message: 'bad http://h/x?[query] here' })
})

it.each([0, 0.999])('waits 1 to 5 seconds for an upstream that is away (random %d)', (random) => {
  const fault = toTransportFault(coded('ENOTFOUND'), { ...state, written: false, random })
  expect(fault).toMatchObject({ kind: 'wait', code: 'upstream_unreachable' })
  expect('afterMs' in fault && fault.afterMs >= 1_000 && fault.afterMs <= 5_000).toBe(true)
})

it('lets a request that can never be sent end: it costs an attempt', () => {
  const fault = toTransportFault(coded('UND_ERR_INVALID_ARG'), { ...state, written: false })
  expect(fault).toMatchObject({ kind: 'retry', code: 'upstream_request_invalid' })
})

it('takes whatever else breaks for a reset', () => {
  expect(toTransportFault('strange', state)).toMatchObject({ kind: 'retry', code: 'upstream_reset' })
})

it('tells a reset in the middle of a body from an early end', () => {
  const answered = { ...state, answered: true }
  expect(toTransportFault(coded('ECONNRESET'), answered).code).toBe('upstream_reset')
  expect(toTransportFault(coded('UND_ERR_SOCKET'), answered).code).toBe('upstream_truncated')
  expect(toTransportFault(coded('UND_ERR_SOCKET'), state).code).toBe('upstream_reset')
})
