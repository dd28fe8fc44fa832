/**
 * One process that puts: `node put-child.mjs '<json>'` with { location, s3, key, kind: code | confirm | record | replace, bytesFile }.
 * Writes "ready", waits for a line, puts, and writes { outcome } or { fault, code, reason }, with the steps that it took.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Secret } from '@sunpress/core'
import { openStore } from '../../dist/index.js'

const { location, s3, key, kind, bytesFile } = JSON.parse(process.argv[2] ?? '{}')
const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const settings = s3 === undefined ? {} : { s3: { ...s3, secretAccessKey: new Secret(s3.secretAccessKey) } }
const store = await openStore(location, { clock, ...settings })
const bytes = await readFile(bytesFile)

process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.destroy()
const steps = globalThis.armSteps?.() ?? []

async function put() {
  if (kind === 'record') return store.records.putIfAbsent(key, bytes)
  if (kind === 'replace') return (await store.records.put(key, bytes)) ?? 'replaced'
  const picture = { bytes, format: 'png', width: 280 }
  const closed = await (kind === 'confirm'
    ? store.codes.confirm(key, picture)
    : store.codes.put(key, picture))
  return `${closed.origin} ${closed.sha256}`
}

const end = await put().then(
  (outcome) => ({ outcome }),
  (error) => ({ fault: error.name, code: error.code, reason: error.reason, message: error.message }),
)
process.stdout.write(`${JSON.stringify({ ...end, steps: [...steps] })}\n`)
await store.close()
