/** The route table: a path, the order of its checks, and its answer. A further endpoint is a further row. */
import { type Answer, type Call, type Check, refusal, type World } from './call.js'
import {
  account,
  bodyParsed,
  bodySize,
  codeRules,
  codeTypes,
  fault,
  getOnly,
  pageCap,
  postOnly,
  rate,
  tokenPresent,
  tokenValid,
} from './checks.js'
import { answerUnlimited } from './code-route.js'
import { answerClassic, answerStable, bodyCredential, queryCredential, stableTypes } from './token-routes.js'

export type Route = {
  readonly path: string
  /** The body field that says which code is meant; undefined for routes that print none. */
  readonly sceneField: string | undefined
  readonly checks: readonly Check[]
  readonly answer: (call: Call, world: World) => Answer
}

export const ROUTES: readonly Route[] = [
  {
    path: '/cgi-bin/token',
    sceneField: undefined,
    checks: [getOnly, fault, queryCredential],
    answer: answerClassic,
  },
  {
    path: '/cgi-bin/stable_token',
    sceneField: undefined,
    checks: [postOnly, fault, bodySize, bodyParsed, stableTypes, bodyCredential],
    answer: answerStable,
  },
  {
    path: '/wxa/getwxacodeunlimit',
    sceneField: 'scene',
    // Inferred from reports: a token without permission is told so before a badly typed scene is.
    checks: [
      postOnly,
      tokenPresent,
      tokenValid,
      account,
      rate('unlimited'),
      fault,
      bodySize,
      bodyParsed,
      codeTypes,
      ...codeRules,
      pageCap,
    ],
    answer: answerUnlimited,
  },
]

const BY_PATH = new Map(ROUTES.map((route) => [route.path, route]))

export function findRoute(path: string): Route | undefined {
  return BY_PATH.get(path)
}

export function isPicturePath(path: string): boolean {
  return findRoute(path)?.sceneField !== undefined
}

/** Runs the checks in order and then the answer. */
export function travel(route: Route, call: Call, world: World): Answer {
  for (const check of route.checks) {
    const answer = check.judge(call, world)
    if (answer !== undefined) return answer
  }
  return route.answer(call, world)
}

export const UNKNOWN_PATH: Answer = refusal(40066)
