import { expect, it } from 'vitest'
import { secretParts } from './secret-parts.js'

it.each<[string, string[]]>([
  ['hunter22', ['hunter22']],
  ['Bearer s3cr3t', ['Bearer s3cr3t', 's3cr3t']],
  ['Token  s3cr3t', ['Token  s3cr3t', 's3cr3t']],
  [
    'Basic dXNlcjpodW50ZXIyMg==',
    ['Basic dXNlcjpodW50ZXIyMg==', 'dXNlcjpodW50ZXIyMg==', 'user:hunter22', 'hunter22'],
  ],
  ['redis://default:hunter%2F22@h:6379', ['redis://default:hunter%2F22@h:6379', 'hunter%2F22', 'hunter/22']],
  ['Bearer abc', ['Bearer abc']],
  ['', ['']],
])('finds what of %j is secret by itself', (value, parts) => {
  expect(secretParts(value)).toEqual(parts)
})
