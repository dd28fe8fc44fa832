/**
 * AWS Signature Version 4 for single-object requests, over headers whose values hold no runs of spaces and a payload whose
 * sha256 is known. The SDK's own signer says the same (a test compares them) for several times the CPU.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHmac, hash } from 'node:crypto'
import type { Secret } from '@sunpress/core'

export interface SigningKeys {
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
}

export interface Unsigned {
  readonly method: string
  /** Encoded; no query. */
  readonly path: string
  /** Names in lower case, `host` among them. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the body, lower-case hex. */
  readonly sha256: string
}

export type Sign = (request: Unsigned, nowMs: number) => Record<string, string>

/** Proxies may change it on the way; the SDK leaves it unsigned too. */
const UNSIGNED = 'cache-control'
const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Answers all headers to send, the given ones included. */
export function createSigner(keys: SigningKeys): Sign {
  let key: { readonly day: string; readonly bytes: Buffer } = { day: '', bytes: Buffer.alloc(0) }
  const keyOf = (day: string): Buffer => {
    if (key.day !== day) key = { day, bytes: deriveKey(keys, day) }
    return key.bytes
  }
  const token = keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken.reveal() }
  return ({ method, path, headers, sha256 }, nowMs) => {
    const at = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
    const scope = `${at.slice(0, 8)}/${keys.region}/s3/aws4_request`
    const all: Record<string, string> = {
      ...headers,
      ...token,
      'x-amz-content-sha256': sha256,
      'x-amz-date': at,
    }
    const names = Object.keys(all)
      .filter((name) => name !== UNSIGNED)
      .sort()
    const lines = names.map((name) => `${name}:${all[name]}\n`).join('')
    const signed = names.join(';')
    const canonical = `${method}\n${path}\n\n${lines}\n${signed}\n${sha256}`
    const toSign = `${ALGORITHM}\n${at}\n${scope}\n${hash('sha256', canonical, 'hex')}`
    const signature = createHmac('sha256', keyOf(at.slice(0, 8)))
      .update(toSign)
      .digest('hex')
    all['authorization'] =
      `${ALGORITHM} Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
    return all
  }
}

function deriveKey({ region, secretAccessKey }: SigningKeys, day: string): Buffer {
  const first = Buffer.from(`AWS4${secretAccessKey.reveal()}`)
  return [day, region, 's3', 'aws4_request'].reduce(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    first,
  )
}
