/**
 * What each endpoint is asked: one row per endpoint, WeChat's own names. Pure.
 * Source: the parameters of getUnlimitedQRCode, getQRCode and createQRCode.
 */
import { type CodeCall, RefuseFault, type UpstreamEndpoint } from '@sunpress/core'

type Fields = Record<string, unknown>

const BODIES: Record<UpstreamEndpoint, (call: CodeCall) => Fields> = {
  getwxacodeunlimit: (call) => ({
    scene: call.scene,
    page: pageOf(call),
    check_path: call.look.checkPath,
    env_version: call.look.envVersion,
    width: call.look.width,
    ...colours(call),
  }),
  getwxacode: (call) => ({
    path: call.scene,
    env_version: call.look.envVersion,
    width: call.look.width,
    ...colours(call),
  }),
  createwxaqrcode: (call) => ({ path: call.scene, width: call.look.width }),
}

/** The JSON body. Throws RefuseFault when WeChat could not read from it what we mean. */
export function codeBody(call: CodeCall): string {
  const body = JSON.stringify(BODIES[call.endpoint](call))
  // WeChat doesn't decode \uXXXX: a control character would fail, or silently make a wrong code.
  if (body.includes('\\u')) {
    throw new RefuseFault('invalid_data', 'scene, path and page: expected text that JSON need not escape')
  }
  return body
}

function colours({ look }: CodeCall): Fields {
  const { autoColor, lineColor, hyaline } = look
  const line = { r: lineColor.r, g: lineColor.g, b: lineColor.b }
  return { auto_color: autoColor, ...(autoColor ? {} : { line_color: line }), is_hyaline: hyaline }
}

/** Always sent: without a page WeChat is reported to make codes that carry no scene at all. */
function pageOf({ look }: CodeCall): string {
  if (look.page !== null) return look.page
  throw new RefuseFault('missing_page', 'page: expected a page such as pages/index/index, got nothing')
}
