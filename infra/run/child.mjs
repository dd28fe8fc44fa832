// @ts-check
/** Promises: children that end with this process, even when that is killed, and get the signals it gets. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const tether = fileURLToPath(new URL('../tether.sh', import.meta.url))
const passedOn = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Runs a command in the workspace's root, with this terminal.
 * @param {string[]} command
 * @param {{ quiet?: boolean, env?: Record<string, string>, removeWhenLost?: string }} [options] quiet: shows what it wrote
 * only if it fails; removeWhenLost: a folder to remove when this process dies first
 * @returns {Promise<number>} its exit code; 128 + n for signal n
 */
export async function runCommand(command, options = {}) {
  const out = options.quiet ? 'pipe' : 'inherit'
  const child = spawn('/bin/sh', [tether, ...command], {
    cwd: root,
    detached: true,
    stdio: [options.quiet ? 'ignore' : 'inherit', out, out, 'pipe'],
    env: { ...process.env, ...options.env, TETHER_REMOVE: options.removeWhenLost ?? '' },
  })
  const line = /** @type {import('node:net').Socket} */ (child.stdio[3])
  line.on('error', () => {})
  /** @type {Buffer[]} */
  const written = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => written.push(chunk))
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    interrupted = true
    child.kill(signal)
  }
  for (const signal of passedOn) process.on(signal, passOn)
  const released = once(line.resume(), 'close')
  const [code, signal] = await once(child, 'exit')
  line.end('keep\n')
  await released
  for (const name of passedOn) process.off(name, passOn)
  const status = code ?? 128 + (constants.signals[/** @type {NodeJS.Signals} */ (signal)] ?? 0)
  if (status !== 0) process.stderr.write(Buffer.concat(written))
  return status
}

let interrupted = false

/** Whether a signal to end has come: then nothing more should be started. */
export function isInterrupted() {
  return interrupted
}
