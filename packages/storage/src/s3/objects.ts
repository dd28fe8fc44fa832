/**
 * Single objects of a bucket: create, replace, look, read, remove. A time-out, a reset or a 5xx leaves the outcome unknown: then
 * it looks at what is there before it tries again, and a mark of its own on each object tells whose put won.
 */
import { hash, randomBytes } from 'node:crypto'
import { type Fault, RetryFault } from '@sunpress/core'
import { checkKey } from '../key.js'
import { storeDefect } from '../adopt.js'
import type { StoreContext } from '../store.js'
import type { BucketAddress } from './bucket.js'
import { CREATE_ONLY, type CreateOnlyWay } from './create-only.js'
import { type ObjectFacts, readFacts } from './object-facts.js'
import { patiently } from './patience.js'
import { answerFault, codeOf } from './s3-fault.js'
import { createSigner, type SigningKeys } from './sign.js'
import type { Transport, TransportAnswer } from './transport.js'

export interface ObjectsOptions {
  readonly address: BucketAddress
  readonly transport: Transport
  readonly keys: SigningKeys
  readonly createOnly: CreateOnlyWay
  /** Empty or ending in "/". */
  readonly prefix: string
  readonly where: string
  readonly context: StoreContext
}

export interface ObjectBytes {
  readonly bytes: Uint8Array
  /** Of the body as sent, lower-case hex. */
  readonly sha256: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Created {
  readonly outcome: 'created' | 'existed'
  /** What was seen there, where it had to be looked at. */
  readonly facts: ObjectFacts | null
}

export interface ReadObject {
  readonly bytes: Buffer
  readonly facts: ObjectFacts
}

export interface Objects {
  create(key: string, object: ObjectBytes): Promise<Created>
  replace(key: string, object: ObjectBytes): Promise<void>
  look(key: string): Promise<ObjectFacts | null>
  /** `bytes` is the part that was asked for; `facts.bytes` the size of the whole. */
  read(key: string, range?: { readonly from: number; readonly to: number }): Promise<ReadObject | null>
  remove(key: string): Promise<void>
}

export const PUT_MARK = 'x-amz-meta-put'
const EMPTY_SHA256 = hash('sha256', '', 'hex')
/** Unlike any other process's. */
const WRITER = randomBytes(8).toString('hex')
let puts = 0

export function openObjects(options: ObjectsOptions): Objects {
  const { address, transport, prefix, where, context } = options
  const sign = createSigner(options.keys)
  const way = CREATE_ONLY[options.createOnly]

  const send = (method: string, key: string, object?: ObjectBytes, more: Record<string, string> = {}) => {
    const path = address.basePath + encodeKey(prefix + checkKey(key))
    const sha256 = object?.sha256 ?? EMPTY_SHA256
    const headers = { host: address.host, ...object?.headers, ...more }
    const signed = sign({ method, path, headers, sha256 }, context.clock.now())
    return transport.send({ method, path, headers: signed, body: object?.bytes ?? null })
  }
  const fault = (answer: TransportAnswer, what: string): Fault => answerFault(answer, what, where)

  const look = async (key: string): Promise<ObjectFacts | null> => {
    const answer = await send('HEAD', key)
    if (answer.status === 200) return readFacts(answer.headers)
    if (answer.status === 404) return null
    throw fault(answer, `HEAD ${key}`)
  }

  const remove = async (key: string): Promise<void> => {
    const answer = await send('DELETE', key)
    if (answer.status >= 300 && codeOf(answer.body) !== 'NoSuchKey') throw fault(answer, `DELETE ${key}`)
  }

  /** A 200 to a put with Content-MD5 is the close; an ETag that is an MD5 has to agree. */
  const closePut = async (key: string, answer: TransportAnswer, md5: string): Promise<void> => {
    const etag = plainMd5(answer)
    if (etag === null || etag === Buffer.from(md5, 'base64').toString('hex')) return
    await remove(key)
    throw storeDefect(key, `its ETag ${etag} is not the MD5 of what was sent`)
  }

  const create = async (key: string, object: ObjectBytes): Promise<Created> => {
    const mark = `${WRITER}-${puts++}`
    const md5 = hash('md5', object.bytes, 'base64')
    const headers = { 'content-md5': md5, [way.header[0]]: way.header[1], [PUT_MARK]: mark }
    const seen = (facts: ObjectFacts): Created => ({ outcome: facts.put === mark ? 'created' : 'existed', facts })
    return patiently(context, async (tried) => {
      const there = tried === 1 ? null : await look(key)
      if (there !== null) return seen(there)
      const answer = await send('PUT', key, object, headers)
      if (answer.status === 200) {
        await closePut(key, answer, md5)
        return { outcome: 'created', facts: null }
      }
      if (!way.isTaken(answer.status, codeOf(answer.body))) throw fault(answer, `PUT ${key}`)
      const facts = tried === 1 ? null : await look(key)
      return facts === null ? { outcome: 'existed', facts } : seen(facts)
    })
  }

  return {
    create,
    look: (key) => patiently(context, () => look(key)),
    remove: (key) => patiently(context, () => remove(key)),
    replace: (key, object) =>
      patiently(context, async () => {
        const md5 = hash('md5', object.bytes, 'base64')
        const answer = await send('PUT', key, object, { 'content-md5': md5 })
        if (answer.status !== 200) throw fault(answer, `PUT ${key}`)
      }),
    read: (key, range) =>
      patiently(context, async () => {
        const part = range === undefined ? {} : { range: `bytes=${range.from}-${range.to}` }
        const answer = await send('GET', key, undefined, part)
        if (answer.status === 404 && codeOf(answer.body) !== 'NoSuchBucket') return null
        if (answer.status === 416) return { bytes: Buffer.alloc(0), facts: (await look(key)) ?? gone(key) }
        if (answer.status !== 200 && answer.status !== 206) throw fault(answer, `GET ${key}`)
        return { bytes: answer.body, facts: readFacts(answer.headers) }
      }),
  }
}

function gone(key: string): never {
  throw new RetryFault('store_vanished', `${key} went while it was read`)
}

/** null when the ETag says nothing about the bytes: several parts, or encrypted by KMS or a customer's key. */
function plainMd5({ headers }: TransportAnswer): string | null {
  const encrypted = String(headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms')
  if (encrypted || headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined) return null
  return /^"?([0-9a-f]{32})"?$/.exec(String(headers['etag'] ?? '').toLowerCase())?.[1] ?? null
}

/** Of a key's characters those that a path may not hold plainly, as SigV4 sees it. */
const encodeKey = (key: string): string => key.replace(/[=+@,]/g, encodeURIComponent)
