import { describe, expect, it } from 'vitest'
import { nextLink } from './url-link.js'

const BASE = 'https://shop.example/rows?page=1'

describe('the next page', () => {
  it.each([
    ['</rows?page=2>; rel="next"', 'https://shop.example/rows?page=2'],
    ['<?page=2>; rel=next', 'https://shop.example/rows?page=2'],
    ['<https://shop.example/a>; rel="prev", <https://shop.example/c>; rel="next"', 'https://shop.example/c'],
    ['<https://shop.example/a>; title="a; rel=next, b"; rel="last next"', 'https://shop.example/a'],
    ['</c>; REL="Next"; type=x#', 'https://shop.example/c'],
    ['</c#here>; rel="next"', 'https://shop.example/c'],
    [['</a>; rel="first"', '</b>; rel="next"'], 'https://shop.example/b'],
  ])('of %j is %s', (header, target) => expect(nextLink(header, BASE)).toBe(target))

  it.each([
    [undefined],
    [''],
    ['</a>; rel="prev"'],
    ['</a>'],
    ['</a>; rel="nextish"'],
    ['rel="next"'],
    ['<http://[>; rel="next"'],
  ])('is none in %j', (header) => expect(nextLink(header, BASE)).toBeNull())
})
