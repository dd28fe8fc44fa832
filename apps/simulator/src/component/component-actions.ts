/** What a test makes a third-party platform's owner, its merchants and WeChat's pusher do. */
import type { World } from '../call.js'
import { InputDefect } from '../defect.js'
import { optional, readArray, readChoice, readFlag, readObject, readText, readWhole } from '../fields.js'
import type { PushRecord } from './courier.js'
import { TAMPERS } from './courier.js'
import { authorisedNotice, type Notice, withdrawnNotice } from './notice.js'
import type { Platform } from './platform.js'
import { readPlatform } from './platform-config.js'

type Deed = (world: World) => unknown

/** Registers a platform or changes one. With a `pushUrl` its tickets are pushed, the first at once. */
export function readComponent(value: unknown, field: string): Deed {
  const given = readPlatform(value, field)
  return async (world) => {
    const platform = world.platforms.register(given, field, world.clock.now())
    const push = await world.courier.start(platform)
    return { appid: platform.config.appid, ticket: platform.tickets.latest(), push: push ?? null }
  }
}

/** `{appid, authorizer, funcs?, push?}`: a merchant authorises. */
export function readAuthorise(value: unknown, field: string): Deed {
  return readGrant(value, field, 'authorized')
}

/** The same of a merchant that changes what it grants. */
export function readUpdate(value: unknown, field: string): Deed {
  return readGrant(value, field, 'updateauthorized')
}

function readGrant(value: unknown, field: string, infoType: 'authorized' | 'updateauthorized'): Deed {
  const { from, appid, authorizer, pushed } = readMerchant(value, field, ['funcs'])
  const funcs = optional(from, 'funcs', (list) =>
    readArray(list, `${field}.funcs`).map((id, index) =>
      readWhole(id, `${field}.funcs[${index}]`, 1, 10_000),
    ),
  )
  return async (world) => {
    const platform = findPlatform(world, appid, field)
    if (world.apps.find(authorizer) === undefined) {
      throw new InputDefect(`${field}.authorizer`, 'an app of the list', authorizer)
    }
    const code = platform.authorise(authorizer, funcs, world.clock.now())
    return { ...code, push: await pushIf(pushed, world, platform, authorisedNotice(infoType, code)) }
  }
}

/** `{appid, authorizer, push?}`: a merchant takes its authorisation back. */
export function readWithdraw(value: unknown, field: string): Deed {
  const { appid, authorizer, pushed } = readMerchant(value, field, [])
  return async (world) => {
    const platform = findPlatform(world, appid, field)
    const withdrawn = platform.withdraw(authorizer)
    return { withdrawn, push: await pushIf(pushed, world, platform, withdrawnNotice(authorizer)) }
  }
}

/** `{appid, push?}`: a new ticket, pushed or kept back. */
export function readTicket(value: unknown, field: string): Deed {
  const from = readObject(value, field, ['appid', 'push'])
  const appid = readText(from['appid'], `${field}.appid`)
  const pushed = optional(from, 'push', (flag) => readFlag(flag, `${field}.push`)) ?? true
  return async (world) => {
    const platform = findPlatform(world, appid, field)
    if (!pushed) return { ticket: platform.tickets.issue(world.clock.now()), push: null }
    const { ticket, push } = world.courier.pushTicket(platform)
    return { ticket, push: (await push) ?? null }
  }
}

/** `{appid, id?, tamper?}`: the last push again to the byte, or the one of that id, or spoilt. */
export function readReplay(value: unknown, field: string): Deed {
  const from = readObject(value, field, ['appid', 'id', 'tamper'])
  const appid = readText(from['appid'], `${field}.appid`)
  const id = optional(from, 'id', (number) => readWhole(number, `${field}.id`, 1))
  const tamper = optional(from, 'tamper', (name) => readChoice(name, `${field}.tamper`, TAMPERS))
  return async (world) => {
    const push = world.courier.replay(findPlatform(world, appid, field), id, tamper)
    return { push: (await push) ?? null }
  }
}

function readMerchant(value: unknown, field: string, further: readonly string[]) {
  const from = readObject(value, field, ['appid', 'authorizer', 'push', ...further])
  return {
    from,
    appid: readText(from['appid'], `${field}.appid`),
    authorizer: readText(from['authorizer'], `${field}.authorizer`),
    pushed: optional(from, 'push', (flag) => readFlag(flag, `${field}.push`)) ?? true,
  }
}

function findPlatform({ platforms }: World, appid: string, field: string): Platform {
  const platform = platforms.find(appid)
  if (platform === undefined) throw new InputDefect(`${field}.appid`, 'a platform that is registered', appid)
  return platform
}

async function pushIf(
  pushed: boolean,
  { courier }: World,
  platform: Platform,
  notice: Notice,
): Promise<PushRecord | null> {
  return (pushed ? await courier.push(platform, notice) : undefined) ?? null
}
