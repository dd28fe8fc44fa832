/** What was behind an error, by the rid in its text. */
import { type Answer, type Call, fieldsOf, refusal, type World } from './call.js'
import type { RidEntry } from './rids.js'

const KEPT_MS = 7 * 86_400_000
const RID = /^([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}$/

/** Its first group tells the age even of a rid that was never given out. Those older than the last 10,000 aren't found. */
export function answerRid(call: Call, { rids }: World): Answer {
  const { rid } = fieldsOf(call)
  if (rid !== undefined && typeof rid !== 'string') return refusal(47001)
  const seconds = RID.exec(rid ?? '')?.[1]
  if (rid === undefined || seconds === undefined) return refusal(76002)
  if (call.now - Number.parseInt(seconds, 16) * 1000 > KEPT_MS) return refusal(76004)
  const entry = rids.find(rid)
  if (entry === undefined) return refusal(76001)
  if (entry.appid !== call.appid) return refusal(76003)
  return { kind: 'json', body: { errcode: 0, errmsg: 'ok', request: describe(entry) } }
}

function describe(entry: RidEntry) {
  return {
    invoke_time: Math.floor(entry.at / 1000),
    cost_in_ms: entry.costMs,
    request_url: entry.query,
    request_body: entry.requestBody,
    response_body: entry.responseBody,
    client_ip: entry.clientIp,
  }
}
