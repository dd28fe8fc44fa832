/** WeChat's own book of one app's tokens, behind a scripted server: both endpoints, and a code endpoint that takes or refuses them. */
import type { ScriptedWechat } from './scripted-wechat.js'

export const STABLE = '/cgi-bin/stable_token'
export const CLASSIC = '/cgi-bin/token'
const CODE = '/wxa/getwxacodeunlimit'
const JPEG = Buffer.from('ffd8ffe000104a464946000101ffd9', 'hex')

export interface TokenBook {
  /** Somebody else forces a new token: the old one ends at once. */
  force(): string
  /** The five minutes are over in which a token of the classic endpoint works beside its successor. */
  passGrace(): void
  /** The natural end of all tokens. */
  expire(): void
  /** Refuses even what it gives out. */
  refuseAll(on: boolean): void
  isGood(token: string): boolean
  /** Calls of an endpoint so far. */
  asked(path: string): number
}

export function keepTokenBook(wechat: ScriptedWechat): TokenBook {
  let minted = 0
  let current: string | null = null
  let before: string | null = null
  let refusesAll = false
  const mint = (): string => {
    minted += 1
    current = `92_token-${minted}-${'x'.repeat(40)}`
    return current
  }
  const isGood = (token: string) => !refusesAll && (token === current || token === before)
  const given = (token: string) => JSON.stringify({ access_token: token, expires_in: 7_200 })

  wechat.script(STABLE, (response, { body }) => {
    const force = (JSON.parse(body) as { force_refresh?: boolean }).force_refresh === true
    if (force) refusesAll = false
    response.end(given(force ? mint() : (current ?? mint())))
  })
  wechat.script(CLASSIC, (response) => {
    before = current
    response.end(given(mint()))
  })
  wechat.script(CODE, (response, { query }) => {
    const good = isGood(query.get('access_token') ?? '')
    response.end(good ? JPEG : JSON.stringify({ errcode: 40001, errmsg: 'invalid credential' }))
  })
  return {
    force: mint,
    passGrace() {
      before = null
    },
    expire() {
      current = before = null
    },
    refuseAll(on) {
      refusesAll = on
    },
    isGood,
    asked: (path) => wechat.asked.filter((question) => question.path === path).length,
  }
}
