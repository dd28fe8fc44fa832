/**
 * A value that must never be printed: it shows as [secret] in logs, JSON, templates and inspection.
 * Promises nothing about memory; only `reveal` gives the value, and only adapters call it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
