/** Rows of a source that were left out of their campaign. */
import { Type } from 'typebox'
import { DEFECT, listOf, ROW_PLACE } from './common.js'

export const BadRow = Type.Object(
  {
    ...ROW_PLACE,
    errors: Type.Array(Type.Object({ ...ROW_PLACE, ...DEFECT }), {
      description: 'Everything that is wrong with the row; the first 20',
    }),
  },
  { $id: 'BadRow' },
)

export const BadRows = listOf('BadRows', 'BadRow')
