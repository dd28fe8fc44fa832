/** WeChat's error envelope: compact JSON, no newline, a rid whose first group is the Unix time in hex. */
import { TEXTS } from './errcode-texts.js'

/** The type under which errors are sent; `encoding=` is how WeChat spells it. */
export const JSON_TYPE = 'application/json; encoding=utf-8'

/** Three groups of eight hex digits: the time in seconds, then two random ones. */
export function formatRid(nowMs: number, random: () => number): string {
  const group = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
  return `${group(Math.floor(nowMs / 1000))}-${group(random() * 2 ** 32)}-${group(random() * 2 ** 32)}`
}

/** A code without a known text is sent as `error <code>`. @param text overrides the known wire text. */
export function formatError(errcode: number, rid: string, text?: string): string {
  const errmsg = `${text ?? TEXTS[errcode] ?? `error ${errcode}`} rid: ${rid}`
  return JSON.stringify({ errcode, errmsg })
}
