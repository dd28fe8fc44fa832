/** Looks for secrets in what a run has left, as they are and in the forms that they turn up in by accident. Pure. */

export interface Trace {
  /** For the sentence. */
  readonly where: string
  /** Bytes as Latin-1. */
  readonly text: string
}

/** Sentences; none when no secret is in any of the traces. They don't repeat the secret. */
export function findSecrets(traces: readonly Trace[], secrets: Readonly<Record<string, string>>): string[] {
  const sought = Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).map(({ form, text }) => ({ name, form, text })),
  )
  return traces.flatMap(({ where, text }) =>
    sought
      .filter((each) => text.includes(each.text))
      .map(({ name, form, text: found }) => `${name} as ${form} in ${where}: ${around(text, found)}`),
  )
}

interface Form {
  readonly form: string
  readonly text: string
}

export function formsOf(secret: string): readonly Form[] {
  const bytes = Buffer.from(secret)
  const forms = [
    { form: 'plain text', text: secret },
    { form: 'a URL', text: encodeURIComponent(secret) },
    { form: 'JSON', text: JSON.stringify(secret).slice(1, -1) },
    { form: 'hex', text: bytes.toString('hex') },
    { form: 'upper-case hex', text: bytes.toString('hex').toUpperCase() },
    { form: 'UTF-16', text: Buffer.from(secret, 'utf16le').toString('latin1') },
    ...[0, 1, 2].flatMap((shift) => base64Within(bytes, shift)),
  ]
  return forms.filter(({ text }, at) => forms.findIndex((other) => other.text === text) === at)
}

/** Inside a longer text, base64 begins at any of three places: only the characters that no neighbour touches are sure. */
function base64Within(bytes: Buffer, shift: number): Form[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const text = whole.slice(shift === 0 ? 0 : shift + 1, whole.length - 1)
  const form = `base64, shifted by ${shift}`
  return [
    { form, text },
    { form: `${form}, for URLs`, text: text.replaceAll('+', '-').replaceAll('/', '_') },
  ]
}

const around = (text: string, found: string): string => {
  const at = text.indexOf(found)
  return JSON.stringify(
    `${text.slice(Math.max(0, at - 120), at)}[HERE]${text.slice(at + found.length, at + found.length + 40)}`,
  )
}
