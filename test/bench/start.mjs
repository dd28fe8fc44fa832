// @ts-check
/**
 * How long the demo of `sunpress up` takes, warm: from the command to the first published picture, and to the last.
 * Usage: npm run bench -- start [--rounds 3]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spawnTethered } from '../services/tether.mjs'

const cli = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })

for (let round = 1; round <= Number(values.rounds); round++) {
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-start-'))
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1)
  const env = { PORT: '0', METRICS_PORT: '0' }
  const up = spawnTethered([process.execPath, cli, 'up'], { cwd: folder, env })
  try {
    await up.wrote('First picture')
    const first = seconds()
    await up.wrote('Demo completed')
    process.stdout.write(`round ${round}: first picture after ${first} s, all 300 after ${seconds()} s\n`)
  } finally {
    await up.kill('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  }
}
