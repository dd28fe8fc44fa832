/** The pictures of the two endpoints whose codes are limited in number: getwxacode (round) and createwxaqrcode (square). */
import { type Answer, type Call, type Check, fieldsOf, refusal, type World } from './call.js'
import { hasRightTypes, type ParamRule, printedWidth } from './code-params.js'
import { codeOrder } from './code-route.js'
import type { JsonObject } from './fields.js'
import {
  fillRound,
  fillSquare,
  ROUND_RULES,
  ROUND_TYPES,
  SQUARE_RULES,
  SQUARE_TYPES,
} from './limited-params.js'

/** Types, then rules, then the cap that both endpoints share. */
export const roundChecks = paramChecks(ROUND_TYPES, fillRound, ROUND_RULES)
export const squareChecks = paramChecks(SQUARE_TYPES, fillSquare, SQUARE_RULES)

function paramChecks<P extends object>(
  types: typeof ROUND_TYPES,
  fill: (fields: JsonObject) => P,
  rules: readonly ParamRule<P>[],
): readonly Check[] {
  return [
    {
      name: 'types',
      judge: (call) => (hasRightTypes(fieldsOf(call), types) ? undefined : refusal(47001)),
    },
    ...rules.map(({ name, breaks }) => ({
      name,
      judge: (call: Call) => {
        const errcode = call.app && breaks(fill(fieldsOf(call)), call.app.config)
        return errcode === undefined ? undefined : refusal(errcode)
      },
    })),
    { name: 'lifetime', judge: (call) => judgeLifetime(call, fill(fieldsOf(call))) },
  ]
}

/** A set of parameters counts once; printed before, it may be printed for ever. */
function judgeLifetime({ app, path }: Call, params: object): Answer | undefined {
  if (app === undefined) return undefined
  const room = app.printed.codes.admit(`${path} ${JSON.stringify(params)}`, app.config.limitedLifetime)
  return room ? undefined : refusal(45029)
}

export function answerRound(call: Call, { printer }: World): Answer {
  const params = fillRound(fieldsOf(call))
  const { order, contentType } = codeOrder(call, params, true)
  const headers = call.app?.config.numUsedOn === 'none' ? [] : numUsed(call)
  return { kind: 'picture', picture: printer.print(order), contentType, headers }
}

export function answerSquare(call: Call, { printer }: World): Answer {
  const params = fillSquare(fieldsOf(call))
  const note = { v: 1, appid: call.appid, endpoint: 'createwxaqrcode', carriesScene: true, params } as const
  const picture = printer.print({
    note,
    format: call.fault?.kind === 'png_as_jpeg' ? 'png' : 'jpeg',
    width: printedWidth(params.width),
    colour: { r: 0, g: 0, b: 0 },
    transparent: false,
    qr: params.path,
  })
  const headers = call.app?.config.numUsedOn === 'both' ? numUsed(call) : []
  return { kind: 'picture', picture, contentType: 'image/jpeg', headers }
}

/** How many distinct codes the app has, this one among them. */
function numUsed({ app }: Call): readonly string[] {
  return ['Num-Used', String(app?.printed.codes.size() ?? 0)]
}
