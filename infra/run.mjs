// @ts-check
/**
 * `npm start`, `npm test` and `npm run bench`, on a fresh clone too: installs and builds first, only if something changed.
 * Needs Node and what it brings (npx); all else comes from the lockfile. Quiet unless something fails.
 */
import { bench } from './run/bench.mjs'
import { build, install } from './run/prepare.mjs'
import { test } from './run/test.mjs'

const minimum = /** @type {const} */ ([20, 19])
const [, , verb, ...args] = process.argv

process.exitCode = await run()

async function run() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
    return refuse(`Sunpress needs Node ${minimum.join('.')} or later; this is ${process.versions.node}.`)
  }
  if (verb === 'start') return (await install()) || (await build()) || start()
  if (verb === 'test') return (await install()) || test(args)
  if (verb === 'bench') return (await install()) || (await build()) || bench(args)
  return refuse('usage: node infra/run.mjs start|test|bench [arguments]')
}

/** The product takes over this very process, so that its pid and signals are those of `npm start`. */
async function start() {
  process.argv = ['node', 'sunpress', 'up', ...args]
  await import(new URL('../apps/cli/dist/main.js', import.meta.url).href)
  return process.exitCode
}

/** @param {string} sentence */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`)
  return 2
}
