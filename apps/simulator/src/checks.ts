/** The checks that routes are made of. Their order is the routes' own. */
import type { QuotaName } from './app.js'
import { type Call, type Check, fieldsOf, refusal } from './call.js'
import { fillParams, hasRightTypes, PARAM_RULES } from './code-params.js'
import { MAX_BODY_BYTES } from './collect-body.js'
import { refusesCodes } from './component/authorizer.js'
import type { FaultKind } from './fault-rules.js'
import { wordOf } from './ip-texts.js'
import { revokeTokens } from './revoke.js'

export const postOnly: Check = {
  name: 'postOnly',
  judge: ({ method }) => (method === 'POST' ? undefined : refusal(43002)),
}

export const getOnly: Check = {
  name: 'getOnly',
  judge: ({ method }) => (method === 'GET' ? undefined : refusal(43001)),
}

export const tokenPresent: Check = {
  name: 'tokenPresent',
  judge: ({ token }) => (token === undefined ? refusal(41001) : undefined),
}

export const tokenValid: Check = {
  name: 'tokenValid',
  judge: ({ token }) => {
    if (token?.errcode !== undefined) return refusal(token.errcode)
    if (token?.state === 'valid') return undefined
    return refusal(token?.state === 'expired' ? 42001 : 40001)
  },
}

/** A platform's token is good for as long as the merchant lets it. */
export const granted: Check = {
  name: 'granted',
  judge: ({ token, appid }) => {
    return token?.platform?.authorizers.get(appid)?.withdrawn ? refusal(61003) : undefined
  },
}

/** A platform needs a permission set of the merchant's to print codes. */
export const codesGranted: Check = {
  name: 'codesGranted',
  judge: ({ token, app, appid }) => {
    const authorizer = token?.platform?.authorizers.get(appid)
    if (authorizer === undefined) return undefined
    const errcode = refusesCodes(authorizer) ?? app?.config.platformErrcode
    return errcode === undefined ? undefined : refusal(errcode)
  },
}

/** An app whose account can't make this call at all. */
export const account: Check = {
  name: 'account',
  judge: ({ app }) => {
    const errcode = app?.config.accountErrcode
    return errcode === undefined ? undefined : refusal(errcode)
  },
}

/** Every call that comes so far counts, whatever becomes of it. */
export function rate(quota: QuotaName): Check {
  return {
    name: 'rate',
    judge: ({ app, now }) => {
      const errcode = app?.charge(quota, now)
      return errcode === undefined ? undefined : refusal(errcode)
    },
  }
}

/** Faults that are answers of WeChat's end the call here; the others are put upon its answer when that is sent. */
export const fault: Check = {
  name: 'fault',
  judge: (call, world) => {
    const { appid, path, scene, now } = call
    const drawn = world.faults.draw({ appid, path, scene }, now)
    if (drawn === undefined) return undefined
    call.fault = drawn
    if (drawn.kind === 'token_revoked') revokeTokens(world, now, appid)
    const errcode = ANSWERED[drawn.kind]
    if (errcode === undefined) return undefined
    const ordered = errcode ?? drawn.errcode
    return refusal(ordered, drawn.errmsg ?? wordOf(ordered, call.clientIp))
  },
}

/** Kinds that are answered with an error; null: with the one ordered. */
const ANSWERED: Partial<Record<FaultKind, number | null>> = {
  system_error: -1,
  errcode: null,
  token_revoked: 40001,
}

export const bodySize: Check = {
  name: 'bodySize',
  judge: ({ bodyBytes }) => (bodyBytes > MAX_BODY_BYTES ? refusal(45002) : undefined),
}

/** Empty is 44002, anything but a JSON object 47001. */
export const bodyParsed: Check = {
  name: 'bodyParsed',
  judge: ({ body }) => ('errcode' in body ? refusal(body.errcode) : undefined),
}

export const codeTypes: Check = {
  name: 'codeTypes',
  judge: (call) => (hasRightTypes(fieldsOf(call)) ? undefined : refusal(47001)),
}

export const codeRules: readonly Check[] = PARAM_RULES.map(({ name, breaks }) => ({
  name,
  judge: (call: Call) => {
    const errcode = call.app && breaks(fillParams(fieldsOf(call)), call.app.config)
    return errcode === undefined ? undefined : refusal(errcode)
  },
}))

/** NOTE: the code for one page too many is a guess; WeChat names the cap of 60,000 but no error. */
export const pageCap: Check = {
  name: 'pageCap',
  judge: (call) => {
    const { page, check_path } = fillParams(fieldsOf(call))
    if (check_path || page === '' || call.app === undefined) return undefined
    const { printed, config } = call.app
    return printed.uncheckedPages.admit(page, config.pageCap) ? undefined : refusal(45029)
  },
}
