/** The picture that a getwxacodeunlimit call is answered with. */
import { type Answer, type Call, fieldsOf, type World } from './call.js'
import { type CodeParams, fillParams, printedWidth } from './code-params.js'
import type { Colour } from './picture/raster.js'

/** What auto_color chooses here: the shade of the drawing's badge. */
const AUTO_COLOUR: Colour = { r: 6, g: 120, b: 60 }

export function answerUnlimited(call: Call, { printer }: World): Answer {
  const params = fillParams(fieldsOf(call))
  const picture = printer.print({
    note: noteOf(call, params),
    format: wantsPng(call, params) ? 'png' : 'jpeg',
    width: printedWidth(params.width),
    colour: params.auto_color ? AUTO_COLOUR : params.line_color,
    transparent: params.is_hyaline,
  })
  const hyalineType = call.app?.config.hyalineContentType ?? 'image/jpeg'
  return { kind: 'picture', picture, contentType: params.is_hyaline ? hyalineType : 'image/jpeg' }
}

/** The fault png_as_jpeg sends the wrong format, whole. */
function wantsPng(call: Call, params: CodeParams): boolean {
  return params.is_hyaline || call.fault?.kind === 'png_as_jpeg'
}

function noteOf(call: Call, params: CodeParams) {
  const endpoint = call.path.slice(call.path.lastIndexOf('/') + 1)
  return { v: 1, appid: call.appid, endpoint, carriesScene: params.page !== '', params } as const
}
