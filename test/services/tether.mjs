// @ts-check
/**
 * Promises: a process started here ends, with all its own, when this process stops it or dies, even by SIGKILL.
 * Doesn't promise: anything for a process that moves to another process group.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const tether = fileURLToPath(new URL('../../infra/tether.sh', import.meta.url))
const keptOutput = 20_000

/**
 * @typedef {object} Tethered
 * @property {number} pid of the command itself, which leads a process group of the same number
 * @property {Promise<string>} exited settles when the command has ended: 'exit 1', 'SIGKILL'
 * @property {() => boolean} isRunning
 * @property {() => string} output the end of what it wrote to stdout and stderr
 * @property {(sign: string | RegExp) => Promise<void>} wrote waits for a sign in the output; rejects, with the output, when the command ends first
 * @property {(signal: NodeJS.Signals) => Promise<void>} kill sends the signal, waits for the end and keeps the folder
 * @property {() => Promise<void>} stop ends it and removes `removeFolder`; twice without harm
 */

/**
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, removeFolder?: string, onOutput?: (text: string) => void }} [options]
 *   `removeFolder` goes when the command is stopped or lost; `onOutput` is given all that it writes, `output` keeps only the end
 * @returns {Tethered}
 */
export function spawnTethered(command, options = {}) {
  const child = spawn('/bin/sh', [tether, ...command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, TETHER_REMOVE: options.removeFolder ?? '' },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  // Not stdin: Node closes that itself when the command ends, before "keep" could be said.
  const line = /** @type {import('node:net').Socket} */ (child.stdio[3])
  const released = once(line.resume(), 'close')
  line.on('error', () => {}) // the far end is gone already: EPIPE tells nothing new
  const output = collectOutput([child.stdout, child.stderr], options.onOutput)
  let running = true
  const exited = once(child, 'exit').then(([code, signal]) => {
    running = false
    if (!line.writableEnded) line.end('keep\n')
    return signal === null ? `exit ${code}` : String(signal)
  })
  return {
    pid: child.pid ?? 0,
    exited,
    isRunning: () => running,
    output: output.text,
    wrote: (sign) => output.wrote(sign, exited, command),
    kill: async (signal) => {
      if (running) child.kill(signal)
      await Promise.all([exited, released])
    },
    stop: async () => {
      line.end()
      await Promise.all([exited, released])
      // The tether has done so, unless the command had ended before.
      if (options.removeFolder !== undefined) await rm(options.removeFolder, { recursive: true, force: true })
    },
  }
}

/** @param {(import('node:stream').Readable | null)[]} streams @param {(text: string) => void} [onOutput] */
function collectOutput(streams, onOutput = () => {}) {
  let text = ''
  /** @type {Set<() => void>} */
  const listeners = new Set()
  for (const stream of streams) {
    if (stream === null) continue
    stream.setEncoding('utf8').on('data', (chunk) => {
      onOutput(String(chunk))
      // Who has been busy gets much at once: a sign is looked for before its beginning is dropped.
      text += chunk
      for (const listener of listeners) listener()
      text = text.slice(-keptOutput)
    })
  }
  return {
    text: () => text,
    /** @type {(sign: string | RegExp, exited: Promise<string>, command: string[]) => Promise<void>} */
    wrote: (sign, exited, command) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof sign === 'string' ? !text.includes(sign) : !sign.test(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        exited.then((end) => {
          listeners.delete(look)
          reject(new Error(`${command.join(' ')} ended (${end}) before it wrote ${sign}:\n${text}`))
        }, reject)
      }),
  }
}
