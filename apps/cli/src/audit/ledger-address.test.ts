import { expect, it } from 'vitest'
import { ledgerAddress } from './ledger-address.js'

it.each<[NodeJS.ProcessEnv, string]>([
  [{}, 'file:/here/data (SUNPRESS_STORE)'],
  [{ SUNPRESS_STORE: 'file:/var/codes' }, 'file:/var/codes (SUNPRESS_STORE)'],
  [{ SUNPRESS_STORE: 's3://bucket/codes' }, 's3://bucket/codes (SUNPRESS_STORE)'],
  [
    { SUNPRESS_STORE: 's3://bucket/codes', SUNPRESS_LEDGER: 'file:./ledger' },
    'file:/here/ledger (SUNPRESS_LEDGER)',
  ],
])('is whole, with its variable: %j', (env, address) => {
  expect(ledgerAddress(env, '/here')).toBe(address)
})
