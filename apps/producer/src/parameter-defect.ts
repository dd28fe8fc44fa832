/** Says of a query parameter what its schema expects, in the words of every other defect. Pure. */
import { type FieldDefect, fieldDefect } from '@sunpress/core'

export interface KnownParameters {
  readonly properties: Readonly<Record<string, Parameter>>
}

interface Parameter {
  readonly type?: string
  readonly minimum?: number
  readonly maximum?: number
}

export function parameterDefect(
  name: string,
  value: unknown,
  known: KnownParameters['properties'],
): FieldDefect {
  const parameter = Object.hasOwn(known, name) ? known[name] : undefined
  if (parameter === undefined)
    return fieldDefect(name, 'unknown', `one of ${Object.keys(known).join(', ')}`, value)
  return fieldDefect(name, 'value', expectedOf(parameter), value)
}

const expectedOf = ({ type, minimum, maximum }: Parameter): string =>
  type === 'integer' ? `a whole number from ${minimum} to ${maximum}` : 'one text'
