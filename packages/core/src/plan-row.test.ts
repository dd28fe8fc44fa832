import { describe, expect, it } from 'vitest'
import { fieldDefect } from './field-defect.js'
import { DEFAULT_LOOK, type Look } from './look.js'
import {
  MAX_CAPTION_CHARACTERS,
  MAX_REF_CHARACTERS,
  planRow,
  type RawRow,
  type RowFields,
} from './plan-row.js'

const look: Look = { ...DEFAULT_LOOK, page: 'pages/a' }
const noPage: Look = DEFAULT_LOOK
const limited: Look = { ...DEFAULT_LOOK, endpoint: 'limited' }

const raw = (fields: RowFields | null, more: Partial<RawRow> = {}): RawRow => ({
  at: { line: 2 },
  fields,
  defects: [],
  ...more,
})
const rules = (fields: RowFields, of: Look = look) => {
  const planned = planRow(raw(fields), of)
  return 'errors' in planned ? planned.errors.map((error) => `${error.field}:${error.rule}`) : []
}

describe('planRow', () => {
  it('keeps what a row brings', () => {
    const fields = { scene: 's=1', page: 'pages/b', ref: 'SHOP-1', caption: '上海 1 号店' }
    expect(planRow(raw(fields), look)).toEqual({ row: fields })
  })

  it("does not keep a page that is the look's own, nor an empty ref or caption", () => {
    const fields = { scene: 's=1', page: 'pages/a', ref: '', caption: '' }
    expect(planRow(raw(fields), look)).toEqual({ row: { scene: 's=1' } })
  })

  it('wants a page from the row or from the look', () => {
    expect(rules({ scene: 's=1' }, noPage)).toEqual(['page:required'])
    expect(rules({ scene: 's=1', page: 'pages/a' }, noPage)).toEqual([])
    expect(rules({ scene: 's=1' }, look)).toEqual([])
  })

  it('refuses a page where the scene is the whole path, and wants none', () => {
    expect(rules({ scene: 'pages/a?id=1', page: 'pages/a' }, limited)).toEqual(['page:not_for_endpoint'])
    expect(rules({ scene: 'pages/a?id=1' }, limited)).toEqual([])
  })

  it('holds a scene to the rules of its endpoint', () => {
    expect(rules({ scene: 'pages/a?id=店' })).toEqual(['scene:alphabet'])
    expect(rules({ scene: 'pages/a?id=店' }, limited)).toEqual([])
    expect(rules({})).toEqual(['scene:required'])
    expect(rules({ scene: 7 })).toEqual(['scene:type'])
  })

  it.each([
    ['ref', MAX_REF_CHARACTERS],
    ['caption', MAX_CAPTION_CHARACTERS],
  ])('holds %s to %i code points without control characters', (field, most) => {
    expect(rules({ scene: 's', [field]: '😀'.repeat(most) })).toEqual([])
    expect(rules({ scene: 's', [field]: 'x'.repeat(most + 1) })).toEqual([`${field}:length`])
    for (const text of ['a\nb', '\t', '\u0000', '\u007f', '\u0085', '\ud83d']) {
      expect(rules({ scene: 's', [field]: text })).toEqual([`${field}:alphabet`])
    }
    expect(rules({ scene: 's', [field]: null })).toEqual([`${field}:type`])
  })

  it('has the limits that its readers were told', () => {
    expect([MAX_REF_CHARACTERS, MAX_CAPTION_CHARACTERS]).toEqual([200, 500])
  })

  it('tells all defects at once, those of the source first, each with its line', () => {
    const source = fieldDefect('row', 'too_many_fields', 'fewer', 'x')
    const planned = planRow(raw({ scene: '', page: '/p', ref: '\n' }, { defects: [source] }), look)
    expect(planned).toMatchObject({
      errors: [
        { line: 2, field: 'row', rule: 'too_many_fields', value: 'x', message: source.message },
        { line: 2, field: 'scene', rule: 'required' },
        { line: 2, field: 'page', rule: 'leading_slash' },
        { line: 2, field: 'ref', rule: 'alphabet' },
      ],
    })
  })

  it('has nothing to add to a row that could not be read', () => {
    const defects = [fieldDefect('row', 'too_long', 'less', 'x')]
    expect(planRow(raw(null, { defects }), look)).toEqual({ errors: [{ line: 2, ...defects[0] }] })
  })

  it('names a field by JSON pointer, or the row itself where it is a bare string', () => {
    const fields = { scene: '', page: '/p' }
    const pointers = (bare: boolean) => {
      const planned = planRow(raw(fields, { at: { pointer: '/scenes/3', bare } }), look)
      return 'errors' in planned ? planned.errors.map((error) => 'pointer' in error && error.pointer) : []
    }
    expect(pointers(false)).toEqual(['/scenes/3/scene', '/scenes/3/page'])
    expect(pointers(true)).toEqual(['/scenes/3', '/scenes/3'])
  })

  it('escapes a field name in its pointer', () => {
    const defects = [fieldDefect('a/b~c', 'unknown', 'none', 1)]
    const planned = planRow(raw(null, { at: { pointer: '/scenes/0', bare: false }, defects }), look)
    expect(planned).toMatchObject({ errors: [{ pointer: '/scenes/0/a~1b~0c', field: 'a/b~c' }] })
  })
})
