/** `sunpress <command>` as whoever operates it runs it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BIN, type Environment } from './service.js'

/** Gives what it wrote; rejects when it ends with another code than 0, with `code`, `stdout` and `stderr`. */
export const sunpressOf =
  (apiUrl: string, env: Environment = {}) =>
  (...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    promisify(execFile)(process.execPath, [BIN, ...args], { env: { ...env, SUNPRESS_API_URL: apiUrl } })
