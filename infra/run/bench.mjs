// @ts-check
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from './child.mjs'

const folder = join(root, 'test/bench')

/**
 * @param {string[]} args the bench's name, then its own arguments
 * @returns {Promise<number>} 2 when there is no such bench
 */
export async function bench([name, ...args]) {
  const names = existsSync(folder) ? readdirSync(folder).filter(isBench).map(withoutEnding).sort() : []
  if (name !== undefined && names.includes(name))
    return runCommand([process.execPath, `test/bench/${name}.mjs`, ...args])
  process.stderr.write(
    `usage: npm run bench -- NAME [arguments]\nbenches: ${names.join(', ') || 'none yet'}\n`,
  )
  return 2
}

/** @param {string} file */
const isBench = (file) => file.endsWith('.mjs')

/** @param {string} file */
const withoutEnding = (file) => file.slice(0, -'.mjs'.length)
