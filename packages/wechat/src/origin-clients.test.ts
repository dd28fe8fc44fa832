import type { HttpClient } from '@sunpress/http'
import { expect, it } from 'vitest'
import { createOriginClients } from './origin-clients.js'

it('makes one client for each origin, and closes them all once', async () => {
  const made: string[] = []
  const closed: string[] = []
  const clients = createOriginClients((origin) => {
    made.push(origin)
    const close = async () => {
      closed.push(origin)
    }
    return { close, destroy: close } as unknown as HttpClient
  })
  const first = clients.at('https://tokens.internal:8443/a/b?key=1')
  expect(first.path).toBe('/a/b?key=1')
  expect(clients.at('https://tokens.internal:8443/c').client).toBe(first.client)
  expect(clients.at('http://10.0.0.7').path).toBe('/')
  expect(made).toEqual(['https://tokens.internal:8443', 'http://10.0.0.7'])
  await clients.close()
  await clients.destroy()
  expect(closed).toEqual(made)
})
