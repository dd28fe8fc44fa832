import { expect, test } from 'vitest'
import { askedFromEnvironment } from './client-from-environment.js'

test.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080'],
  ['http://127.0.0.1:8080/v1/', 'http://127.0.0.1:8080'],
  ['https://example.com/codes/v1', 'https://example.com/codes'],
  ['https://example.com/v12', 'https://example.com/v12'],
])('%s asks the producer at %s', (SUNPRESS_API_URL, url) => {
  expect(askedFromEnvironment({ SUNPRESS_API_URL }).url).toBe(url)
})
