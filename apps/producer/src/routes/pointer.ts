/** A defect of a JSON body, by its JSON pointer (RFC 6901). Pure. */
import type { FieldDefect } from '@sunpress/core'
import type { ProblemError } from '../problem.js'

export const asPointer = (defect: FieldDefect): ProblemError => ({
  pointer: defect.field === 'body' ? '' : `/${defect.field.split('.').map(pointerToken).join('/')}`,
  ...defect,
})

const pointerToken = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
