/** The picture that a call for a round code is answered with. */
import { type Answer, type Call, fieldsOf, type World } from './call.js'
import { type CodeParams, fillParams, printedWidth } from './code-params.js'
import type { PictureOrder } from './picture/printer.js'
import type { Colour } from './picture/raster.js'

/** What auto_color chooses here: the shade of the drawing's badge. */
const AUTO_COLOUR: Colour = { r: 6, g: 120, b: 60 }

export function answerUnlimited(call: Call, { printer }: World): Answer {
  const params = fillParams(fieldsOf(call))
  const { order, contentType } = codeOrder(call, params, params.page !== '')
  return { kind: 'picture', picture: printer.print(order), contentType }
}

type Look = Pick<CodeParams, 'width' | 'auto_color' | 'line_color' | 'is_hyaline'>

/** @param params the whole request with its defaults, as the picture's note will tell it. */
export function codeOrder(call: Call, params: Look, carriesScene: boolean) {
  const endpoint = call.path.slice(call.path.lastIndexOf('/') + 1)
  const order: PictureOrder = {
    note: { v: 1, appid: call.appid, endpoint, carriesScene, params },
    format: wantsPng(call, params) ? 'png' : 'jpeg',
    width: printedWidth(params.width),
    colour: params.auto_color ? AUTO_COLOUR : params.line_color,
    transparent: params.is_hyaline,
  }
  const hyalineType = call.app?.config.hyalineContentType ?? 'image/jpeg'
  return { order, contentType: params.is_hyaline ? hyalineType : 'image/jpeg' } as const
}

/** The fault png_as_jpeg sends the wrong format, whole. */
function wantsPng(call: Call, params: Look): boolean {
  return params.is_hyaline || call.fault?.kind === 'png_as_jpeg'
}
