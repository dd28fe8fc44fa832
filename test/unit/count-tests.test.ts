import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { countTests } from '../../infra/run/count-tests.mjs'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-count-'))
const file = join(folder, 'report.json')
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('counts a file that failed before its tests as one failure, and none twice', () => {
  const testResults = [
    { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] },
    { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
    { status: 'failed', assertionResults: [] },
  ]
  writeFileSync(file, JSON.stringify({ numPassedTests: 3, numFailedTests: 1, testResults }))
  expect(countTests(file)).toEqual({ passed: 3, failed: 2 })
})

test('counts nothing when a run left no report', () => {
  expect(countTests(join(folder, 'none.json'))).toEqual({ passed: 0, failed: 0 })
})
