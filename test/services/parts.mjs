// @ts-check
/** Promises: the programs that real services need, from PATH or unpacked from Debian packages. Installs nothing. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const unpack = fileURLToPath(new URL('../../infra/debian/unpack.sh', import.meta.url))

/**
 * The words to put before a command so that it finds its programs and libraries: none when all are on PATH.
 * @param {{ programs: string[], packages: string[], instead: string }} wanted `instead`: what else would do, for the error
 * @returns {Promise<string[]>}
 */
export async function claimParts({ programs, packages, instead }) {
  if (programs.every(isOnPath)) return []
  try {
    const { stdout } = await promisify(execFile)(unpack, ['-', ...packages])
    return [join(stdout.trim(), 'run')]
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new Error(
      `${programs.join(', ')} must be on PATH: install the Debian packages ${packages.join(' ')}, or ${instead}. ${said}`,
      { cause },
    )
  }
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
