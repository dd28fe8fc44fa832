import { expect, test } from 'vitest'
import { formatError } from './envelope.js'
import { TEXTS } from './errcode-texts.js'
import { isPicturePath, ROUTES } from './routes.js'
import { createTestWorld, send } from './testing/world.js'

const CODES = [...Object.keys(TEXTS), '12345']

test.each(ROUTES.map(({ path }) => [path]))('every errcode can be ordered on %s', (path) => {
  const world = createTestWorld()
  const method = path === '/cgi-bin/token' ? 'GET' : 'POST'
  for (const kind of CODES) {
    world.faults.replace([{ kind, match: { path, appid: 'wx1' }, count: 1 }])
    const answer = send(world, path, { scene: 's', path: 'p' }, { method })
    expect(answer).toMatchObject({ kind: 'error', errcode: Number(kind) })
    if (answer.kind !== 'error') continue
    expect(formatError(answer.errcode, 'RID', answer.text)).toMatch(/"errmsg":"[^"]+ rid: RID"/)
  }
  expect(isPicturePath(path)).toBe(path.includes('qrcode') || path.includes('getwxacode'))
})

test('a refused address is told itself, ordered or not', () => {
  const world = createTestWorld({ ipWhitelist: ['203.0.113.7'] })
  const ask = () =>
    send(
      world,
      '/cgi-bin/stable_token',
      { grant_type: 'client_credential', appid: 'wx1', secret: 's' },
      {
        clientIp: '198.51.100.4',
      },
    )
  const told = {
    kind: 'error',
    errcode: 40164,
    text: 'invalid ip 198.51.100.4 ipv6 ::ffff:198.51.100.4, not in whitelist',
  }
  expect(ask()).toEqual(told)
  world.apps.change({ ipWhitelist: ['198.51.100.4'] })
  expect(ask()).toHaveProperty('body.access_token')
  world.faults.replace([{ kind: 40164, match: { path: '/cgi-bin/stable_token' } }])
  expect(ask()).toEqual(told)
})
