import {
  type App,
  type AppId,
  type AppsFile,
  type Component,
  type ComponentId,
  DEFAULT_QUOTAS,
  fieldDefect,
  Secret,
} from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { closedAppBook, type OpenAppBook, openAppBook } from './app-book.js'
import { ConfigFault } from './config-fault.js'

const SHOP = 'wx0000000000000001' as AppId
const CAFE = 'wx0000000000000002' as AppId
const PLATFORM = 'wx00000000000000ff' as ComponentId

const app = (appid: AppId, secret = 's', perMinute = 5_000): App => ({
  appid,
  name: appid,
  credential: { kind: 'secret', appSecret: new Secret(secret), endpoint: 'stable' },
  quotas: { ...DEFAULT_QUOTAS, perMinute },
})

const platform = (merchants: 'all' | 'listed'): Component => ({
  appid: PLATFORM,
  name: 'platform',
  appSecret: new Secret('platform'),
  verifyToken: new Secret('verify'),
  encodingAesKey: new Secret('k'.repeat(43)),
  merchants,
  quotas: { ...DEFAULT_QUOTAS, perMinute: 100 },
})

let file: AppsFile | ConfigFault
let said: string[]
let heard: number
let book: OpenAppBook

const load = (): AppsFile => {
  if (file instanceof ConfigFault) throw file
  return file
}
const open = (first: AppsFile): void => {
  file = first
  said = []
  heard = 0
  book = openAppBook(load, {
    changed: ({ apps }) => said.push(`changed ${apps.map(({ appid }) => appid.at(-1)).join(' ')}`),
    rejected: () => said.push('rejected'),
  })
  book.onChange(() => heard++)
}
const change = (next: AppsFile | ConfigFault): void => {
  file = next
  book.reload()
}

describe('a book of apps', () => {
  beforeEach(() => open({ apps: [app(SHOP)], components: [] }))

  it('says nothing while nothing changes', () => {
    change({ apps: [app(SHOP)], components: [] })
    expect([said, heard]).toEqual([[], 0])
  })

  it('takes apps that come and lets go of those that leave', () => {
    change({ apps: [app(SHOP), app(CAFE)], components: [] })
    expect(book.all().map(({ appid }) => appid)).toEqual([SHOP, CAFE])
    change({ apps: [app(CAFE)], components: [] })
    expect(book.find(SHOP)).toBeUndefined()
    expect([said, heard]).toEqual([['changed 1 2', 'changed 2'], 2])
  })

  it.each([
    ['a secret', app(SHOP, 'another')],
    ['a quota', app(SHOP, 's', 3_000)],
  ])('notices another value of %s', (_, changed) => {
    change({ apps: [changed], components: [] })
    expect(book.find(SHOP)).toBe(changed)
    expect(heard).toBe(1)
  })

  it('keeps what holds when the new file is defective, and says why once', () => {
    const defect = new ConfigFault('apps.yaml', [fieldDefect('apps', 'required', 'a list', undefined)])
    change(defect)
    book.reload()
    expect(book.find(SHOP)).toBeDefined()
    expect([said, heard]).toEqual([['rejected'], 0])
    change({ apps: [app(CAFE)], components: [] })
    expect(book.find(CAFE)).toBeDefined()
  })

  it('does not open on a defective file', () => {
    file = new ConfigFault('apps.yaml', [])
    expect(() => openAppBook(load, { changed: () => {}, rejected: () => {} })).toThrow(ConfigFault)
  })
})

describe('merchants of a platform', () => {
  it('join with its quotas, and leave', () => {
    open({ apps: [app(SHOP)], components: [platform('all')] })
    book.setMerchants(PLATFORM, [SHOP, CAFE])
    expect(book.find(CAFE)).toMatchObject({
      credential: { kind: 'component', component: PLATFORM },
      quotas: { perMinute: 100 },
    })
    expect(book.find(SHOP)?.credential.kind).toBe('secret')
    book.setMerchants(PLATFORM, [SHOP, CAFE])
    expect(heard).toBe(1)
    book.setMerchants(PLATFORM, [])
    expect(book.find(CAFE)).toBeUndefined()
  })

  it('stay away where only listed ones are printed for', () => {
    open({ apps: [app(SHOP)], components: [platform('listed')] })
    book.setMerchants(PLATFORM, [CAFE])
    expect(book.find(CAFE)).toBeUndefined()
  })
})

it('may also be closed: nobody comes or goes', () => {
  const closed = closedAppBook([app(SHOP)])
  expect(closed.all()).toHaveLength(1)
  expect(closed.find(CAFE)).toBeUndefined()
  closed.onChange(() => {})()
})
