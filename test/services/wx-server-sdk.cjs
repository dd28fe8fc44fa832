// @ts-check
/**
 * Stands in for wx-server-sdk inside a cloud function: as wx-server-sdk 4.0.2 does, it turns camelCase into snake_case, gives pictures as
 * `{ contentType, buffer, errCode, errMsg }`, throws `{ errCode, errMsg }`, and hides all names behind proxies. Calls go to a simulator,
 * whose cloud hosting vouches for the app (SIMULATOR_URL), as far as the permissions of CLOUD_FUNCTION's config.json allow.
 */
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

/** @type {Record<string, string>} */
const PATHS = {
  'wxacode.getUnlimited': '/wxa/getwxacodeunlimit',
  'wxacode.get': '/wxa/getwxacode',
  'wxacode.createQRCode': '/cgi-bin/wxaapp/createwxaqrcode',
}
const MOST_PATH_BYTES = 128

let isInitialised = false

exports.DYNAMIC_CURRENT_ENV = Symbol('DYNAMIC_CURRENT_ENV')

/** @param {{ env?: unknown }} options */
exports.init = ({ env }) => {
  if (env !== exports.DYNAMIC_CURRENT_ENV) throw new Error('init: expected the current environment')
  isInitialised = true
}

exports.openapi = space({})

/**
 * Answers to every name, and may be called with options.
 * @param {{ appid?: string }} options
 * @returns {any}
 */
function space(options) {
  return new Proxy(() => {}, {
    get: (_, name) => callable(options, [String(name)]),
    apply: (_, __, [given]) => space(given),
  })
}

/**
 * @param {{ appid?: string }} options
 * @param {string[]} names
 * @returns {any}
 */
function callable(options, names) {
  return new Proxy(() => {}, {
    get: (_, name) => callable(options, [...names, String(name)]),
    apply: (_, __, [data]) => callOpenApi(names.join('.'), data, options),
  })
}

/**
 * @param {string} api
 * @param {Record<string, unknown>} data
 * @param {{ appid?: string }} options
 */
async function callOpenApi(api, data, { appid }) {
  if (!isInitialised) throw sdkError(-1, "Cloud API isn't enabled, please call init first")
  const path = PATHS[api]
  if (path === undefined) throw sdkError(-604100, `system error: error code: -604100`)
  if (!permitted().includes(api)) throw sdkError(-604101, 'system error: error code: -604101')
  const body = snakeCase(data)
  if (Buffer.byteLength(String(body['path'] ?? '')) > MOST_PATH_BYTES) {
    throw sdkError(40159, `openapi.${api}:fail invalid length for path or the data is not json string`)
  }
  const query = appid === undefined ? '' : `?from_appid=${appid}`
  const answer = await post(`${process.env['SIMULATOR_URL']}${path}${query}`, body, api)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const contentType = answer.headers.get('content-type') ?? ''
  const ok = { errCode: 0, errMsg: `openapi.${api}:ok` }
  if (!/(application\/json)|(text\/plain)/.test(contentType)) return { contentType, buffer: bytes, ...ok }
  const { errcode, errmsg, ...rest } = JSON.parse(bytes.toString())
  if (errcode) throw sdkError(errcode, `openapi.${api}:fail ${errmsg}`)
  return { ...rest, ...ok }
}

/**
 * @param {string} url
 * @param {object} body
 * @param {string} api
 */
async function post(url, body, api) {
  try {
    return await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  } catch (error) {
    throw sdkError(-501001, `openapi.${api}:fail -501001 resource system error. ${String(error)}`)
  }
}

function permitted() {
  const file = join(process.env['CLOUD_FUNCTION'] ?? '', 'config.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).permissions.openapi : []
}

/** @param {number} errCode @param {string} errMsg */
function sdkError(errCode, errMsg) {
  return Object.assign(new Error(`errCode: ${errCode} | errMsg: ${errMsg}`), { errCode, errMsg })
}

/**
 * @param {any} value
 * @returns {any}
 */
function snakeCase(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = Object.entries(value).map(([name, field]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snakeCase(field),
  ])
  return Object.fromEntries(fields)
}
