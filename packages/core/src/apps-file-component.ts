/** One of the apps file's `components`: a third-party platform. Pure; no defect shows a secret. */
import type { Component } from './app.js'
import {
  hiddenText,
  isFields,
  kindOf,
  parseName,
  parseSecret,
  parseWord,
  type Reading,
  unknownNames,
} from './apps-file-fields.js'
import { parseQuotas } from './apps-file-quotas.js'
import { fieldDefect } from './field-defect.js'
import { isComponentId } from './ids.js'

const FIELDS = ['appid', 'name', 'appSecret', 'verifyToken', 'encodingAesKey', 'merchants', 'quotas']
const AES_KEY = { pattern: /^[A-Za-z0-9+/]{43}$/, expected: '43 characters of base64' }

export function parseComponent(item: unknown, at: string, reading: Reading): Component | null {
  const { defects } = reading
  if (!isFields(item)) {
    defects.push(fieldDefect(at, 'type', `{ ${FIELDS.join(', ')} }`, kindOf(item)))
    return null
  }
  defects.push(...unknownNames(item, `${at}.`, FIELDS))
  const appid = isComponentId(item['appid']) ? item['appid'] : null
  if (appid === null) {
    defects.push(
      fieldDefect(`${at}.appid`, 'format', '"wx" and 16 lower-case hex digits', hiddenText(item['appid'])),
    )
  }
  const name = parseName(item['name'], `${at}.name`, defects)
  const appSecret = parseSecret(item['appSecret'], `${at}.appSecret`, reading)
  const verifyToken = parseSecret(item['verifyToken'], `${at}.verifyToken`, reading)
  const encodingAesKey = parseSecret(item['encodingAesKey'], `${at}.encodingAesKey`, reading, AES_KEY)
  const merchants = parseWord(item['merchants'], `${at}.merchants`, ['all', 'listed'], defects)
  const quotas = parseQuotas(item['quotas'], `${at}.quotas`, reading)
  if (appid === null || appSecret === null || verifyToken === null || encodingAesKey === null) return null
  return { appid, name: name ?? appid, appSecret, verifyToken, encodingAesKey, merchants, quotas }
}
