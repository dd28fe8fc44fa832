/** Names what S3 answered by what to do next. Pure; the messages name the bucket and hold no secret. */
import { type Fault, HoldFault, RetryFault } from '@sunpress/core'
import { type TransportAnswer, unavailable } from './transport.js'

const HOLD = { scope: 'app', reason: 'storage', forMs: 30_000 } as const
const FULL: ReadonlySet<string> = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull'])
const PASSING: ReadonlySet<string> = new Set([
  'SlowDown',
  'RequestTimeout',
  'InternalError',
  'ServiceUnavailable',
])

/** `where` is "s3://bucket/prefix". */
export function answerFault(
  answer: Pick<TransportAnswer, 'status' | 'body'>,
  what: string,
  where: string,
): Fault {
  return codeFault(answer.status, codeOf(answer.body), what, where)
}

export function codeFault(status: number, code: string, what: string, where: string): Fault {
  const said = `${where}: ${what} was answered with ${status}${code === '' ? '' : ` ${code}`}`
  if (FULL.has(code) || status === 507) return new HoldFault('store_full', said, HOLD)
  if (PASSING.has(code) || status === 0 || status >= 500 || status === 429 || status === 408)
    return unavailable(said)
  if (code === 'NoSuchBucket') {
    return new HoldFault('store_missing', `${said}. Make the bucket, or name another in SUNPRESS_STORE`, HOLD)
  }
  if (status === 409) return new RetryFault('store_busy', said)
  if (code === 'BadDigest') return new RetryFault('store_defect', `${said}: the bytes changed on their way`)
  if (status === 403 || status === 401)
    return new HoldFault('store_forbidden', `${said}. ${hintOf(code)}`, HOLD)
  if (status >= 300 && status < 400) {
    return new HoldFault(
      'store_forbidden',
      `${said}. The bucket is elsewhere: check AWS_REGION and AWS_ENDPOINT_URL_S3`,
      HOLD,
    )
  }
  // Expired tokens and malformed headers are 400: nothing about this one object, so no scene may pay for it.
  return new HoldFault('store_refused', said, HOLD)
}

/** What may be over a moment later, so that it is asked again within the call. */
export const isPassing = (fault: unknown): fault is RetryFault =>
  fault instanceof RetryFault && (fault.code === 'store_unavailable' || fault.code === 'store_busy')

/** The error's name in S3's XML; empty when there is none, as always after a HEAD. */
export const codeOf = (body: Buffer): string =>
  /<Code>(\w{1,80})<\/Code>/.exec(body.toString('latin1', 0, 4_096))?.[1] ?? ''

function hintOf(code: string): string {
  if (code === 'RequestTimeTooSkewed') return "This host's clock is wrong"
  if (code === 'InvalidAccessKeyId') return 'Check AWS_ACCESS_KEY_ID'
  if (code === 'SignatureDoesNotMatch') return 'Check AWS_SECRET_ACCESS_KEY and AWS_REGION'
  return 'The key behind AWS_ACCESS_KEY_ID needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on it'
}
