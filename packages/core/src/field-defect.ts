/**
 * What is wrong with one field of somebody's input.
 * `field` is a dotted path; `rule` is stable, for programs; `message` says what was expected and what came.
 */
export interface FieldDefect {
  readonly field: string
  readonly rule: string
  readonly value: unknown
  readonly message: string
}

/** Either the parsed value or every defect found: never only the first. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly defects: readonly FieldDefect[] }

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value })

export const defective = <T>(...defects: FieldDefect[]): Parsed<T> => ({ ok: false, defects })

const SHOWN_CHARACTERS = 80

/** What came, cut to a length that is fit for an error message. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}

/** Builds a defect whose message reads "<field>: expected <expected>, got <value>". */
export const fieldDefect = (field: string, rule: string, expected: string, value: unknown): FieldDefect => ({
  field,
  rule,
  value:
    typeof value === 'string' && value.length > SHOWN_CHARACTERS
      ? `${value.slice(0, SHOWN_CHARACTERS)}…`
      : value,
  message: `${field}: expected ${expected}, got ${showValue(value)}`,
})
