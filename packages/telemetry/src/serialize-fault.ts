/** What is logged of something thrown: what a reader needs to act, and no more. */
import { isFault } from '@sunpress/core'

export interface SerializedFault {
  readonly kind: string
  readonly code: string | null
  readonly message: string
  readonly words?: { readonly errcode: number; readonly rid: string | null }
  readonly causes?: readonly string[]
  /** Only of what nobody threw on purpose. */
  readonly stack?: string
}

const MOST_CAUSES = 5

export function serializeFault(thrown: unknown): SerializedFault {
  const causes = causesOf(thrown)
  const because = causes.length === 0 ? {} : { causes }
  if (isFault(thrown)) {
    const words = 'words' in thrown ? thrown.words : null
    return {
      kind: thrown.kind,
      code: thrown.code,
      message: thrown.message,
      ...(words === null ? {} : { words: { errcode: words.errcode, rid: words.rid } }),
      ...because,
    }
  }
  if (!(thrown instanceof Error)) return { kind: 'unexpected', code: null, message: String(thrown) }
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack }
  return { kind: 'unexpected', code: codeOf(thrown), message: thrown.message, ...because, ...stack }
}

/** "name code: message" of each, the nearest first. */
function causesOf(thrown: unknown): string[] {
  const causes: string[] = []
  for (
    let cause = causeOf(thrown);
    cause !== undefined && causes.length < MOST_CAUSES;
    cause = causeOf(cause)
  ) {
    const code = codeOf(cause)
    const name = cause instanceof Error ? cause.name : typeof cause
    causes.push(
      `${name}${code === null ? '' : ` ${code}`}: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
  return causes
}

const causeOf = (thrown: unknown): unknown => (thrown instanceof Error ? thrown.cause : undefined)

const codeOf = (thrown: unknown): string | null =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
