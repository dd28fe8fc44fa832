import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkPicture, writeWhole } from './write-whole.js'

const picture = Buffer.from('a picture')
const sha256 = createHash('sha256').update(picture).digest('hex')

test('only the very bytes that were published pass', () => {
  checkPicture(picture, { bytes: 9, sha256 })
  expect(() => checkPicture(picture.subarray(1), { bytes: 9, sha256 })).toThrow(
    'expected a picture of 9 bytes, got 8',
  )
  expect(() => checkPicture(Buffer.from('a pictyre'), { bytes: 9, sha256 })).toThrow('sha256')
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
