/**
 * Single objects of a bucket, patiently. A time-out, a reset or a 5xx leaves the outcome of a put unknown: then it looks at what
 * is there before it tries again, and the mark that each put leaves on its object tells whose won.
 */
import { randomBytes } from 'node:crypto'
import {
  type ByteRange,
  type ObjectBytes,
  type ObjectsOptions,
  openCalls,
  type ReadObject,
} from './object-calls.js'
import type { ObjectFacts } from './object-facts.js'
import { patiently } from './patience.js'

export interface Created {
  readonly outcome: 'created' | 'existed'
  /** What was seen there, where it had to be looked at. */
  readonly facts: ObjectFacts | null
}

export interface Objects {
  create(key: string, object: ObjectBytes): Promise<Created>
  replace(key: string, object: ObjectBytes): Promise<void>
  look(key: string): Promise<ObjectFacts | null>
  read(key: string, range?: ByteRange): Promise<ReadObject | null>
  remove(key: string): Promise<void>
}

/** Unlike any other process's. */
const WRITER = randomBytes(8).toString('hex')
let puts = 0

export function openObjects(options: ObjectsOptions): Objects {
  const calls = openCalls(options)
  const patient = <T>(attempt: (tried: number) => Promise<T>) =>
    patiently(options.context, options.where, attempt)
  return {
    create(key, object) {
      const mark = `${WRITER}-${puts++}`
      const seen = (facts: ObjectFacts): Created => ({
        outcome: facts.put === mark ? 'created' : 'existed',
        facts,
      })
      return patient(async (tried) => {
        const there = tried === 1 ? null : await calls.look(key)
        if (there !== null) return seen(there)
        if ((await calls.create(key, object, mark)) === 'closed') return { outcome: 'created', facts: null }
        // An earlier try of ours may have come to effect late.
        const facts = tried === 1 ? null : await calls.look(key)
        return facts === null ? { outcome: 'existed', facts } : seen(facts)
      })
    },
    replace: (key, object) => patient(() => calls.replace(key, object)),
    look: (key) => patient(() => calls.look(key)),
    read: (key, range) => patient(() => calls.read(key, range)),
    remove: (key) => patient(() => calls.remove(key)),
  }
}
