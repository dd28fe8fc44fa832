// @ts-check
/** Promises: every check runs though one before it failed, a failure anywhere fails the whole, and the last line counts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInterrupted, runCommand } from './child.mjs'
import { countTests } from './count-tests.mjs'
import { build } from './prepare.mjs'

const bin = 'node_modules/.bin'
const quiet = { quiet: true }
const checks = [
  { name: 'build', run: build },
  { name: 'biome check', run: () => runCommand([`${bin}/biome`, 'check', '.'], quiet) },
  { name: 'types of the tests', run: () => runCommand([`${bin}/tsc`, '-p', 'tsconfig.test.json'], quiet) },
]
const projects = [['--project=unit'], ['--project=real']]

/**
 * @param {string[]} args for vitest; with any, vitest alone runs after the build, once for all projects
 * @returns {Promise<number>}
 */
export async function test(args) {
  const failed = await runChecks(args.length > 0 ? checks.slice(0, 1) : checks)
  const runs = args.length > 0 ? [args] : projects
  const total = { passed: 0, failed: 0 }
  let code = failed.length > 0 ? 1 : 0
  for (const words of runs) {
    if (isInterrupted()) break
    const run = await runVitest(words)
    code ||= run.code
    total.passed += run.passed
    total.failed += run.failed
  }
  if (failed.length > 0) process.stdout.write(`Failed besides the tests: ${failed.join(', ')}\n`)
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
  return code
}

/** @param {typeof checks} wanted */
async function runChecks(wanted) {
  const failed = []
  for (const { name, run } of wanted) {
    if (!isInterrupted() && (await run()) !== 0) failed.push(name)
  }
  return failed
}

/** @param {string[]} words */
async function runVitest(words) {
  const folder = mkdtempSync(join(tmpdir(), 'sunpress-test-'))
  const file = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  try {
    const command = [`${bin}/vitest`, 'run', ...reporters, ...words]
    const code = await runCommand(command, { removeWhenLost: folder })
    const counts = countTests(file)
    // A run that failed without a failed test (its setup, an unhandled rejection, no report at all) counts as one.
    return { code, passed: counts.passed, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
