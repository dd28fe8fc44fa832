/** Says of a query parameter what its schema expects, in the words of every other defect. Pure. */
import { type FieldDefect, fieldDefect } from '@sunpress/core'

export interface KnownParameters {
  readonly properties: Readonly<Record<string, Parameter>>
}

interface Parameter {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
}

/** `value` is undefined for one that has to be there, and isn't. */
export function parameterDefect(
  name: string,
  value: unknown,
  known: KnownParameters['properties'],
): FieldDefect {
  const parameter = Object.hasOwn(known, name) ? known[name] : undefined
  if (parameter === undefined)
    return fieldDefect(name, 'unknown', `one of ${Object.keys(known).join(', ')}`, value)
  return fieldDefect(name, value === undefined ? 'required' : 'value', expectedOf(parameter), value)
}

function expectedOf({ type, enum: choices, minimum, maximum }: Parameter): string {
  if (choices !== undefined) return choices.join(' | ')
  return type === 'integer' ? `a whole number from ${minimum} to ${maximum}` : 'one text'
}
