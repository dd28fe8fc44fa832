import { describe, expect, it } from 'vitest'
import { locationOf } from './location.js'

describe('locationOf', () => {
  it('reads host, port, login and database', () => {
    expect(locationOf('redis://me:p%40ss@redis.example:7000/3')).toEqual({
      host: 'redis.example',
      port: 7000,
      username: 'me',
      password: 'p@ss',
      db: 3,
    })
  })

  it('takes the usual port and the first database for granted', () => {
    expect(locationOf('redis://h')).toEqual({ host: 'h', port: 6379, db: 0 })
    expect(locationOf('redis://h/')).toEqual({ host: 'h', port: 6379, db: 0 })
  })

  it('knows an IPv6 address', () => {
    expect(locationOf('redis://[::1]:7000')).toMatchObject({ host: '::1', port: 7000 })
  })

  it('speaks TLS to rediss://, and says for which host', () => {
    expect(locationOf('rediss://redis.example')).toMatchObject({ tls: { servername: 'redis.example' } })
  })

  it('reads sentinels, with and without ports, login and database', () => {
    expect(locationOf('redis+sentinel://me:secret@one:26380,two/main/2')).toEqual({
      sentinels: [
        { host: 'one', port: 26380 },
        { host: 'two', port: 26379 },
      ],
      name: 'main',
      username: 'me',
      password: 'secret',
      db: 2,
    })
    expect(locationOf('redis+sentinel://one/main')).toMatchObject({ name: 'main', db: 0 })
  })

  it('takes a database from ?db= as well', () => {
    expect(locationOf('redis+sentinel://one,two/main?db=4')).toMatchObject({ name: 'main', db: 4 })
    expect(locationOf('redis://h?db=4')).toMatchObject({ db: 4 })
  })

  it.each([
    'no url',
    'http://h',
    'redis://h/one',
    'redis+sentinel://one',
    'redis+sentinel://one/main/x',
    'redis+sentinel://one:x/main',
    'redis+sentinel://,/main',
    'redis+sentinel://a b:c d@one/main?x=1',
    'redis://h:99999',
    'redis://me:%zz@h',
    'redis+sentinel://me:%zz@h/main',
  ])('refuses %s with a sentence that names REDIS_URL and keeps the password', (text) => {
    expect(() => locationOf(text)).toThrow(/^REDIS_URL: /)
    expect(() => locationOf(text)).toThrow(TypeError)
  })

  it('tells no password when it refuses', () => {
    for (const text of [
      'redis://me:hush@h/x',
      'http://me:hush@h',
      'redis+sentinel://me:hush@h',
      'redis://me:hu%sh@h',
    ]) {
      expect(() => locationOf(text)).toThrow(expect.not.stringContaining('hush'))
    }
  })
})
