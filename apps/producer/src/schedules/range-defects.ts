/** A range and its look say at once what every night would find: none that can't print is taken. Pure. */
import { type FieldDefect, fieldDefect, type ScheduleDefinition } from '@sunpress/core'
import { planRange } from '@sunpress/sources'

export function rangeDefects({ source, look }: ScheduleDefinition): FieldDefect[] {
  if (source.kind !== 'range') return []
  return planRange(source, look).map(({ field, rule, value, message }) =>
    field === 'page'
      ? fieldDefect('look.page', rule, 'a page, as rows of a range have none of their own', value)
      : { field: 'source.template', rule, value, message: `source.template: in its last row, ${message}` },
  )
}
