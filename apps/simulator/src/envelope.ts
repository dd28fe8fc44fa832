/** WeChat's error envelope: compact JSON, no newline, a rid whose first group is the Unix time in hex. */

/** The wire texts known. A code that isn't here is sent as `error <code>`. */
const TEXTS: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  40001:
    'invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r',
  40002: 'invalid grant_type',
  40013: 'invalid appid',
  40014: 'invalid access_token',
  40066: 'invalid url',
  40097: 'invalid args',
  40125: 'invalid appsecret',
  40129: 'invalid scene',
  40159: 'invalid length for path, or the data is not json string',
  40164: 'invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist',
  40165: 'invalid weapp pagepath',
  40169: 'invalid length for scene, or the data is not json string',
  40189: 'invalid width',
  40234: 'invalid signature',
  41001: 'access_token missing',
  41002: 'appid missing',
  41004: 'appsecret missing',
  41030: 'invalid page',
  42001: 'access_token expired',
  43001: 'require GET method',
  43002: 'require POST method',
  44002: 'empty post data',
  44993: 'reach max api day frequence limit',
  45002: 'content size out of limit',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  45029: 'qrcode count out of limit',
  45063: 'accesstoken is not xiaochengxu',
  47001: 'data format error',
  48001: 'api unauthorized',
  48004: 'api forbidden for irregularities',
  48006: 'forbid to clear quota because of reaching the limit',
  50002: 'user limited',
  61007: 'api is unauthorized to component',
  76001: 'rid not found',
  76002: 'invalid rid',
  76003: 'no permission to query this rid',
  76004: 'rid expired',
  76021: 'cgi_path not found',
  85096: 'scancode_time is reserved',
}

/** The type under which errors are sent; `encoding=` is how WeChat spells it. */
export const JSON_TYPE = 'application/json; encoding=utf-8'

/** Three groups of eight hex digits: the time in seconds, then two random ones. */
export function formatRid(nowMs: number, random: () => number): string {
  const group = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
  return `${group(Math.floor(nowMs / 1000))}-${group(random() * 2 ** 32)}-${group(random() * 2 ** 32)}`
}

/** @param text overrides the known wire text. */
export function formatError(errcode: number, rid: string, text?: string): string {
  const errmsg = `${text ?? TEXTS[errcode] ?? `error ${errcode}`} rid: ${rid}`
  return JSON.stringify({ errcode, errmsg })
}
