import type { Finding } from '@sunpress/audit'
import type { CodeId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createFound } from './found.js'

const finding = (kind: Finding['kind'], index: number): Finding => ({
  ...{ kind, index, row: { scene: `s=${index}` }, codeId: `c-${index}` as CodeId },
  ...{ key: `codes/${index}`, sha256: null, message: '' },
})

it('keeps what a heal takes up, however many harmless pictures were found before', () => {
  const found = createFound(3)
  for (let index = 0; index < 9; index++) found.add(finding('orphan', index))
  found.add(finding('missing', 9))
  expect(found.listed.map(({ index }) => index)).toEqual([0, 1, 2])
  expect(found.healable.map(({ index }) => index)).toEqual([9])
})
