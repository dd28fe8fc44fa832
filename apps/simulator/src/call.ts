/** One call on its way through a route, and what the checks and answers work with. */
import type { App } from './app.js'
import type { Apps } from './apps.js'
import type { Bearer } from './bearer.js'
import type { ParsedBody } from './body.js'
import type { Clock } from './clock.js'
import type { Courier } from './component/courier.js'
import type { Platforms } from './component/platforms.js'
import type { FaultBook } from './fault-book.js'
import type { Fault } from './fault-rules.js'
import type { JsonObject } from './fields.js'
import type { Hosting } from './hosting.js'
import type { Intruder } from './intruder.js'
import type { Picture, Printer } from './picture/printer.js'
import type { Playback } from './playback.js'
import type { Rids } from './rids.js'
import type { Spender } from './spender.js'
import type { Tally } from './tally.js'
import type { TokenShelf } from './token-shelf.js'
import type { Tokens } from './tokens.js'

/** Everything the simulator holds. */
export type World = {
  readonly clock: Clock
  readonly apps: Apps
  readonly tokens: Tokens
  /** Cloudbase access tokens, owned by an app or by a platform. */
  readonly cloudbase: TokenShelf
  readonly platforms: Platforms
  readonly courier: Courier
  readonly hosting: Hosting
  readonly intruder: Intruder
  readonly spender: Spender
  readonly faults: FaultBook
  readonly tally: Tally
  readonly rids: Rids
  readonly playback: Playback
  readonly printer: Printer
  readonly random: () => number
}

export type Answer =
  | { readonly kind: 'error'; readonly errcode: number; readonly text?: string }
  /** Of a gateway before WeChat, with its page. */
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'json'; readonly body: JsonObject }
  | {
      readonly kind: 'picture'
      readonly picture: Picture
      readonly contentType: string
      /** Further headers, names and values in turns. */
      readonly headers?: readonly string[]
    }

export type Call = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly clientIp: string
  readonly bodyBytes: number
  /** As WeChat's parser reads it. */
  readonly body: ParsedBody
  /** Virtual time. */
  readonly now: number
  /** What the query's token is good for; undefined when there is none. */
  readonly token: Bearer | undefined
  /** The app: by the token, or by the appid that a token route was sent. Undefined when unknown. */
  readonly app: App | undefined
  readonly appid: string
  readonly scene: string | null
  /** Set by the fault check when what goes wrong is the answer's transport. */
  fault: Fault | undefined
}

/** A step of a route: an answer ends the call there, undefined lets it pass. */
export type Check = { readonly name: string; judge(call: Call, world: World): Answer | undefined }

/** The fields of a body that the checks before have found to be an object. */
export function fieldsOf(call: Call): JsonObject {
  return 'fields' in call.body ? call.body.fields : {}
}

export function refusal(errcode: number, text?: string): Answer {
  return text === undefined ? { kind: 'error', errcode } : { kind: 'error', errcode, text }
}
