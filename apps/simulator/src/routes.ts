/** The route table: a path, the order of its checks, and its answer. A further endpoint is a further row. */
import { type Answer, type Call, type Check, refusal, type World } from './call.js'
import {
  account,
  bodyParsed,
  bodySize,
  codeRules,
  codesGranted,
  codeTypes,
  fault,
  getOnly,
  granted,
  pageCap,
  postOnly,
  rate,
  tokenPresent,
  tokenValid,
} from './checks.js'
import { answerUnlimited } from './code-route.js'
import { COMPONENT_ROUTES } from './component/component-routes.js'
import { answerRound, answerSquare, roundChecks, squareChecks } from './limited-route.js'
import { answerClear, answerQuota, bodyIfAny, clearCredential, ownAppid } from './quota-routes.js'
import { answerRid } from './rid-route.js'
import {
  answerClassic,
  answerStable,
  bodyCredential,
  ipAllowed,
  queryCredential,
  stableTypes,
} from './token-routes.js'

export type Route = {
  readonly path: string
  /** The body field that says which code is meant; undefined for routes that print none. */
  readonly sceneField: string | undefined
  /** Whose call it is: the token's, or of the appid that is named. */
  readonly appBy: 'token' | 'name'
  readonly checks: readonly Check[]
  readonly answer: (call: Call, world: World) => Answer
}

/** Inferred from reports: a token without permission is told so before a badly typed scene is. */
const codeDoor = [postOnly, tokenPresent, tokenValid, granted, codesGranted, account]
const jsonBody = [bodySize, bodyParsed]
const tokenDoor = [postOnly, tokenPresent, tokenValid, granted]

export const ROUTES: readonly Route[] = [
  {
    path: '/cgi-bin/token',
    sceneField: undefined,
    appBy: 'name',
    checks: [getOnly, fault, queryCredential, ipAllowed],
    answer: answerClassic,
  },
  {
    path: '/cgi-bin/stable_token',
    sceneField: undefined,
    appBy: 'name',
    checks: [postOnly, fault, ...jsonBody, stableTypes, bodyCredential, ipAllowed],
    answer: answerStable,
  },
  {
    path: '/wxa/getwxacodeunlimit',
    sceneField: 'scene',
    appBy: 'token',
    checks: [...codeDoor, rate('unlimited'), fault, ...jsonBody, codeTypes, ...codeRules, pageCap],
    answer: answerUnlimited,
  },
  {
    path: '/wxa/getwxacode',
    sceneField: 'path',
    appBy: 'token',
    checks: [...codeDoor, rate('limited'), fault, ...jsonBody, ...roundChecks],
    answer: answerRound,
  },
  {
    path: '/cgi-bin/wxaapp/createwxaqrcode',
    sceneField: 'path',
    appBy: 'token',
    checks: [...codeDoor, rate('limited'), fault, ...jsonBody, ...squareChecks],
    answer: answerSquare,
  },
  {
    path: '/cgi-bin/openapi/quota/get',
    sceneField: undefined,
    appBy: 'token',
    checks: [...tokenDoor, rate('quotaGet'), fault, ...jsonBody],
    answer: answerQuota,
  },
  {
    path: '/cgi-bin/openapi/rid/get',
    sceneField: undefined,
    appBy: 'token',
    checks: [...tokenDoor, fault, ...jsonBody],
    answer: answerRid,
  },
  {
    path: '/cgi-bin/clear_quota',
    sceneField: undefined,
    appBy: 'token',
    checks: [...tokenDoor, fault, ...jsonBody, ownAppid],
    answer: answerClear,
  },
  {
    path: '/cgi-bin/clear_quota/v2',
    sceneField: undefined,
    appBy: 'name',
    checks: [postOnly, fault, bodySize, bodyIfAny, clearCredential],
    answer: answerClear,
  },
  ...COMPONENT_ROUTES,
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
