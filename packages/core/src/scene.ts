/**
 * The rules for what a code carries and which page it opens, checked before a call is spent on it.
 * Source: the parameters of getUnlimitedQRCode, getQRCode and createQRCode in WeChat's API documents.
 */
import { type FieldDefect, fieldDefect } from './field-defect.js'
import type { LookEndpoint } from './lane.js'

export const MAX_SCENE_CHARACTERS = 32
/** getwxacode: the documents say bytes for HTTPS calls and characters elsewhere; bytes is the safe reading. */
export const MAX_PATH_BYTES: Record<Exclude<LookEndpoint, 'unlimited'>, number> = {
  limited: 1024,
  qrcode: 128,
}
/** No limit is documented; getwxacode takes a path of 1024. */
const MAX_PAGE_CHARACTERS = 1024

const SCENE_ALPHABET = /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]*$/
const ILLEGAL_IN_SCENE = /[^0-9A-Za-z!#$&'()*+,/:;=?@\-._~]/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/

/** All defects of a scene for the endpoint that will carry it; none means that WeChat's own check would pass. */
export function sceneDefects(scene: unknown, endpoint: LookEndpoint, field = 'scene'): FieldDefect[] {
  if (typeof scene !== 'string') return [fieldDefect(field, 'type', 'a string', scene)]
  return endpoint === 'unlimited' ? unlimitedSceneDefects(scene, field) : pathDefects(scene, endpoint, field)
}

function unlimitedSceneDefects(scene: string, field: string): FieldDefect[] {
  const defects: FieldDefect[] = []
  if (scene.length === 0) defects.push(fieldDefect(field, 'required', 'at least 1 character', scene))
  if (scene.length > MAX_SCENE_CHARACTERS) {
    const expected = `at most ${MAX_SCENE_CHARACTERS} characters (this has ${scene.length})`
    defects.push(fieldDefect(field, 'length', expected, scene))
  }
  if (!SCENE_ALPHABET.test(scene)) {
    const found = JSON.stringify(ILLEGAL_IN_SCENE.exec(scene)?.[0])
    const expected = `only 0-9 A-Z a-z !#$&'()*+,/:;=?@-._~ (this has ${found})`
    defects.push(fieldDefect(field, 'alphabet', expected, scene))
  }
  return defects
}

function pathDefects(
  path: string,
  endpoint: Exclude<LookEndpoint, 'unlimited'>,
  field: string,
): FieldDefect[] {
  const defects: FieldDefect[] = []
  const bytes = Buffer.byteLength(path)
  const most = MAX_PATH_BYTES[endpoint]
  if (bytes === 0) defects.push(fieldDefect(field, 'required', 'a path of at least 1 byte', path))
  if (bytes > most)
    defects.push(fieldDefect(field, 'length', `at most ${most} bytes (this has ${bytes})`, path))
  if (path.startsWith('/'))
    defects.push(fieldDefect(field, 'leading_slash', 'a path without leading "/"', path))
  if (CONTROL.test(path) || !path.isWellFormed()) {
    defects.push(fieldDefect(field, 'alphabet', 'well-formed text without control characters', path))
  }
  if (/[?&]scancode_time(=|&|$)/.test(path)) {
    defects.push(fieldDefect(field, 'reserved', 'no scancode_time in the query (errcode 85096)', path))
  }
  return defects
}

/** All defects of a page (getwxacodeunlimit only): no leading slash, no query. */
export function pageDefects(page: unknown, field = 'page'): FieldDefect[] {
  if (typeof page !== 'string')
    return [fieldDefect(field, 'type', 'a string such as pages/index/index', page)]
  const defects: FieldDefect[] = []
  if (page.length === 0)
    defects.push(fieldDefect(field, 'required', 'a page such as pages/index/index', page))
  if (page.length > MAX_PAGE_CHARACTERS) {
    defects.push(fieldDefect(field, 'length', `at most ${MAX_PAGE_CHARACTERS} characters`, page))
  }
  if (page.startsWith('/'))
    defects.push(fieldDefect(field, 'leading_slash', 'a page without leading "/"', page))
  if (page.includes('?'))
    defects.push(fieldDefect(field, 'query', 'a page without "?" (use the scene)', page))
  if (CONTROL.test(page) || !page.isWellFormed() || /["\\\s]/.test(page)) {
    defects.push(
      fieldDefect(field, 'alphabet', 'no white space, quotes, backslashes or control characters', page),
    )
  }
  return defects
}
