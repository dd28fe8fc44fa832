import { expect, it } from 'vitest'
import { renderBarLine, renderBarText } from './bar.js'

it('shows how far it has come, with a bar where there is room', () => {
  expect(renderBarLine(1_250, 5_000, 80)).toBe(`${'█'.repeat(7)}${'░'.repeat(23)}  1,250/5,000  25 %`)
  expect(renderBarLine(1_250, 5_000, 20)).toBe('1,250/5,000  25 %')
  expect(renderBarLine(1_250, 5_000, 10)).toBe('1,250/5,0')
})

it('has come nowhere of nothing', () => {
  expect(renderBarText(0, 0)).toBe('0/0  0 %')
})
