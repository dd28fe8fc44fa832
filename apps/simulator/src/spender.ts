/**
 * Another party that spends an app's quotas, so many calls of a path a minute by the virtual clock or at once. It has no timer: what is
 * due is spent before a call is looked at, at the times when it was due.
 */
import type { QuotaName } from './app.js'
import type { Apps } from './apps.js'

/** Whose calls a path's are. */
export const QUOTA_OF: Readonly<Record<string, QuotaName>> = {
  '/wxa/getwxacodeunlimit': 'unlimited',
  '/wxa/getwxacode': 'limited',
  '/cgi-bin/wxaapp/createwxaqrcode': 'limited',
  '/cgi-bin/openapi/quota/get': 'quotaGet',
}

export type SpendOrder = {
  readonly appid: string
  readonly path: string
  /** Spent at once. */
  readonly calls: number
  /** Spent evenly from then on; 0: nothing. */
  readonly perMinute: number
}

export type Spender = {
  /** In place of the orders before. */
  start(orders: readonly SpendOrder[], now: number): void
  /** Spends what is due. */
  visit(now: number): void
  report(): readonly (SpendOrder & { readonly spent: number; readonly refused: number })[]
}

type Running = { readonly order: SpendOrder; spent: number; refused: number; dueAt: number }

const MINUTE_MS = 60_000
/** After a leap of the clock the earliest of what is due is passed over. */
const MOST_AT_ONCE = 1_000_000

export function createSpender(apps: Apps): Spender {
  let running: Running[] = []
  let nextAt = Number.POSITIVE_INFINITY

  function spend(one: Running, at: number): void {
    const { appid, path } = one.order
    const errcode = apps.find(appid)?.charge(QUOTA_OF[path] ?? 'unlimited', at)
    if (errcode === undefined) one.spent++
    else one.refused++
  }

  function catchUp(one: Running, now: number): void {
    const gapMs = MINUTE_MS / one.order.perMinute
    if (now < one.dueAt) return
    const due = Math.floor((now - one.dueAt) / gapMs) + 1
    for (let i = Math.max(0, due - MOST_AT_ONCE); i < due; i++) spend(one, one.dueAt + i * gapMs)
    one.dueAt += due * gapMs
  }

  function visit(now: number): void {
    if (now < nextAt) return
    for (const one of running) catchUp(one, now)
    nextAt = earliest(running)
  }

  function start(orders: readonly SpendOrder[], now: number): void {
    running = orders.map((order) => ({
      order,
      spent: 0,
      refused: 0,
      dueAt: order.perMinute === 0 ? Number.POSITIVE_INFINITY : now + MINUTE_MS / order.perMinute,
    }))
    for (const one of running) for (let i = 0; i < one.order.calls; i++) spend(one, now)
    nextAt = earliest(running)
  }

  const report = () => running.map(({ order, spent, refused }) => ({ ...order, spent, refused }))
  return { start, visit, report }
}

function earliest(running: readonly Running[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...running.map(({ dueAt }) => dueAt))
}
