/** The routes of third-party platforms. Their order of checks is inferred from the lists of errcodes. */
import type { Check } from '../call.js'
import { bodyParsed, bodySize, fault, postOnly } from '../checks.js'
import type { Route } from '../routes.js'
import {
  answerAuthorizerInfo,
  answerAuthorizerList,
  answerAuthorizerToken,
  answerComponentToken,
  answerQueryAuth,
} from './component-answers.js'
import {
  authorizerNamed,
  componentAccess,
  componentCredential,
  componentNamed,
  ownComponent,
  texts,
} from './component-checks.js'

const door: readonly Check[] = [
  postOnly,
  fault,
  bodySize,
  bodyParsed,
  texts(
    'component_appid',
    'component_appsecret',
    'component_verify_ticket',
    'authorization_code',
    'authorizer_appid',
    'authorizer_refresh_token',
  ),
]
const named: readonly Check[] = [...door, componentAccess, componentNamed, ownComponent]

function route(name: string, checks: readonly Check[], answer: Route['answer']): Route {
  return { path: `/cgi-bin/component/${name}`, sceneField: undefined, appBy: 'name', checks, answer }
}

export const COMPONENT_ROUTES: readonly Route[] = [
  route('api_component_token', [...door, componentNamed, componentCredential], answerComponentToken),
  route('api_query_auth', named, answerQueryAuth),
  route('api_authorizer_token', [...named, authorizerNamed], answerAuthorizerToken),
  route('api_get_authorizer_list', named, answerAuthorizerList),
  route('api_get_authorizer_info', [...named, authorizerNamed], answerAuthorizerInfo),
]
