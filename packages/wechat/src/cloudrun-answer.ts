/** What an answer of cloud hosting means: the sidecar's own troubles first, WeChat's answer behind it else. Pure. */
import { HoldFault } from '@sunpress/core'
import { type AnswerParts, type Classified, classifyAnswer } from './classify-answer.js'
import type { Moment } from './next-minute.js'

const HELD_MS = 60_000
const NO_SIDECAR =
  "cloud hosting's sidecar did not answer: switch on its open API service and deploy this version anew (no x-openapi-seqid)"
/** Source: cloud hosting's guide to the open API service. */
const NOT_LISTED =
  "cloud hosting answered HTTP 502: put this path on the open API service's list in the console"

export function classifyCloudrunAnswer(answer: AnswerParts, moment: Moment): Classified {
  // Only the sidecar writes it: whatever answered otherwise may speak of somebody else's app.
  if (answer.headers['x-openapi-seqid'] !== undefined) return classifyAnswer(answer, moment)
  if (answer.status === 502) return held('cloudrun_not_listed', NOT_LISTED, 'http_502')
  return held('cloudrun_no_sidecar', NO_SIDECAR, 'no_sidecar')
}

function held(code: string, message: string, errcode: string): Classified {
  const hold = { scope: 'app', reason: 'app_held', forMs: HELD_MS } as const
  return { kind: 'fault', fault: new HoldFault(code, message, hold), errcode }
}
