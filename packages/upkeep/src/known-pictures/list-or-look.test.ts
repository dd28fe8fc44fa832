import { describe, expect, it } from 'vitest'
import { isListCheaper, pagesBy } from './list-or-look.js'

describe('listing an app’s pictures', () => {
  it.each([
    ['a million looks against a thousand pages', { looks: 1_000_000, pages: 1_000, parts: 400 }, true],
    [
      'a million looks against a hundred million pictures',
      { looks: 1_000_000, pages: 100_000, parts: 400 },
      false,
    ],
    ['few looks, however few pages', { looks: 4_999, pages: 1, parts: 1 }, false],
    ['a few thousand looks against a few pages', { looks: 5_000, pages: 5, parts: 2 }, true],
    ['a manifest of more parts than there are looks', { looks: 5_000, pages: 1, parts: 6_000 }, false],
  ])('is weighed: %s', (_what, given, cheaper) => {
    expect(isListCheaper(given)).toBe(cheaper)
  })

  it.each([
    [null, 1],
    [0.5, 2],
    [0.001, 1_000],
    [0, Number.POSITIVE_INFINITY],
  ])('takes so many pages where the first one covers %s: %s', (covered, pages) => {
    expect(pagesBy(covered)).toBe(pages)
  })
})
