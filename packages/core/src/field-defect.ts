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
export const showValue = (value: unknown): string =>
  value === undefined ? 'nothing' : cut(asJson(value) ?? asText(value))

/** Builds a defect whose message reads "<field>: expected <expected>, got <value>"; long values are cut. */
export const fieldDefect = (field: string, rule: string, expected: string, value: unknown): FieldDefect => ({
  field,
  rule,
  value: fitForJson(value),
  message: `${field}: expected ${expected}, got ${showValue(value)}`,
})

function fitForJson(value: unknown): unknown {
  if (value === undefined) return undefined
  if (typeof value === 'string') return cut(value)
  const json = asJson(value)
  if (json === undefined) return asText(value)
  return json.length <= SHOWN_CHARACTERS ? value : cut(json)
}

/** Well-formed also where the cut, or the input, leaves half of a surrogate pair: strict JSON readers refuse such text. */
const cut = (text: string): string =>
  (text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`).toWellFormed()

/** undefined for what JSON has no words for: YAML can make rings and big integers. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const asText = (value: unknown): string =>
  typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
