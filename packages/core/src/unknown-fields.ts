import { type FieldDefect, fieldDefect } from './field-defect.js'

/** Of one object. Somebody who sends more has sent something else altogether. */
export const MOST_UNKNOWN_FIELDS = 20

/** A defect for each field that isn't known; the last of the first 20 says how many more there are. */
export function unknownFields(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  nameOf: (name: string) => string = (name) => name,
): FieldDefect[] {
  const unknown = Object.keys(fields).filter((name) => !known.has(name))
  const expected = `one of ${[...known].join(', ')}`
  const defects = unknown
    .slice(0, MOST_UNKNOWN_FIELDS)
    .map((name) => fieldDefect(nameOf(name), 'unknown', expected, fields[name]))
  const more = unknown.length - defects.length
  const last = more > 0 ? defects.pop() : undefined
  if (last === undefined) return defects
  return [...defects, { ...last, message: `${last.message}, and ${more} more unknown fields` }]
}
