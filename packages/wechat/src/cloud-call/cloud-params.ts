/**
 * What a cloud call is asked: what HTTP is, in camelCase, which wx-server-sdk turns back. Pure.
 * Source: cloud calls of wxacode.getUnlimited, wxacode.get and wxacode.createQRCode.
 */
import { type CodeCall, RefuseFault, type UpstreamEndpoint } from '@sunpress/core'
import { codeBody } from '../code-body.js'
import type { OpenApi } from './cloud.js'

export type CloudParams = Readonly<Record<string, unknown>>

export const CLOUD_NAMES: Record<UpstreamEndpoint, keyof OpenApi['wxacode']> = {
  getwxacodeunlimit: 'getUnlimited',
  getwxacode: 'get',
  createwxaqrcode: 'createQRCode',
}

/** Of both endpoints that have a path; over HTTPS getwxacode takes 1,024. */
export const MAX_CLOUD_PATH_BYTES = 128

/** Throws RefuseFault: `path_too_long`, and what a body over HTTP is refused for. */
export function cloudParams(call: CodeCall): CloudParams {
  const body = JSON.parse(codeBody(call)) as Record<string, unknown>
  if (call.endpoint !== 'getwxacodeunlimit') checkPath(call.scene)
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [camelCase(name), value]))
}

function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= MAX_CLOUD_PATH_BYTES) return
  const expected = `at most ${MAX_CLOUD_PATH_BYTES} bytes in a cloud call (this has ${bytes})`
  throw new RefuseFault('path_too_long', `path: expected ${expected}; other credentials may send 1,024`)
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
