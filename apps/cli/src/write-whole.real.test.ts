import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { makeJpeg, makePng } from '@sunpress/image/testing'
import { expect, onTestFinished, test } from 'vitest'
import { checkPicture, writeWhole } from './write-whole.js'

const picture = Buffer.from(makeJpeg({ width: 24 }))
const codeOf = (bytes: Uint8Array, contentType = 'image/jpeg') => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  key: 'codes/x.jpg',
  contentType,
})

test('only the very bytes that were told of pass', () => {
  const code = codeOf(picture)
  checkPicture(picture, code)
  expect(() => checkPicture(picture.subarray(1), code)).toThrow(
    `expected a picture of ${picture.length} bytes, got ${picture.length - 1}`,
  )
  const other = Buffer.from(picture)
  other[other.length - 1] = 0
  expect(() => checkPicture(other, code)).toThrow('sha256')
})

test.each([
  ['was cut', picture.subarray(0, 100), 'expected a whole jpg, found: truncated'],
  ['was written over', Buffer.from('<html>502</html>'), 'expected a whole jpg, found: not_an_image'],
  ['is of the other format', Buffer.from(makePng({ width: 24 })), 'expected a jpg, found a png'],
])('a picture that %s in the store does not pass, whatever its checksum', (_, bytes, said) => {
  expect(() => checkPicture(bytes, codeOf(bytes))).toThrow(`codes/x.jpg in the store is defective: ${said}`)
})

test('a PNG passes where a PNG is meant', () => {
  const png = makePng({ width: 24 })
  expect(() => checkPicture(png, codeOf(png, 'image/png'))).not.toThrow()
})

test('a file is replaced whole, and a failure leaves nothing of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sunpress-whole-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await writeWhole(join(folder, 'x.jpg'), Buffer.from('old'))
  await writeWhole(join(folder, 'x.jpg'), picture)
  expect(readFileSync(join(folder, 'x.jpg'))).toEqual(picture)
  // A folder can't be replaced by a file.
  await expect(writeWhole(folder, picture)).rejects.toThrow(/^(?!.*partial).*can't be written/)
  expect(readdirSync(folder)).toEqual(['x.jpg'])
  const beside = readdirSync(tmpdir()).filter((name) => name.startsWith(`${basename(folder)}.`))
  expect(beside).toEqual([])
})
