/** An input that can't be used: which field, what was expected there, what was found. */
export class InputDefect extends Error {
  override readonly name = 'InputDefect'
  readonly field: string
  readonly expected: string
  readonly got: string

  constructor(field: string, expected: string, got: unknown) {
    const shown = showValue(got)
    super(`${field}: expected ${expected}, got ${shown}`)
    this.field = field
    this.expected = expected
    this.got = shown
  }
}

/** A value as it may stand in a message: JSON, at most 80 characters. */
function showValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
