// @ts-check
import { existsSync, readFileSync } from 'node:fs'

/**
 * Counts vitest's JSON report; a file that failed before any of its tests did counts as one failure.
 * @param {string} file
 * @returns {{ passed: number, failed: number }} zeros without a report
 */
export function countTests(file) {
  if (!existsSync(file)) return { passed: 0, failed: 0 }
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length }
}
