/** RFC 9110: If-None-Match, Range and If-Range for a resource that never changes. Pure. */

export type RangeAnswer =
  | { readonly kind: 'whole' }
  /** Both ends included. */
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  | { readonly kind: 'unsatisfiable' }

export const etagOf = (sha256: string): string => `"${sha256}"`

/** Weak comparison, as If-None-Match wants it. */
export const matchesAny = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))

/** One range of bytes; several, or none that can be read, are answered with the whole, as the RFC allows. */
export function judgeRange(
  { range, ifRange }: { range: string | undefined; ifRange: string | undefined },
  etag: string,
  length: number,
): RangeAnswer {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? '')
  if (match === null || (ifRange !== undefined && ifRange.trim() !== etag)) return { kind: 'whole' }
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return { kind: 'whole' }
  if (first === '') return suffix(Number(last), length)
  if (last !== '' && Number(last) < Number(first)) return { kind: 'whole' }
  if (Number(first) >= length) return { kind: 'unsatisfiable' }
  const to = last === '' ? length - 1 : Math.min(Number(last), length - 1)
  return { kind: 'part', from: Number(first), to }
}

const suffix = (wanted: number, length: number): RangeAnswer =>
  wanted === 0
    ? { kind: 'unsatisfiable' }
    : { kind: 'part', from: Math.max(0, length - wanted), to: length - 1 }
