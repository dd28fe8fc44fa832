// @ts-check
/** Promises: node_modules as the lockfile says and dist/ as the sources say, or a non-zero exit code with the reason shown. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from './child.mjs'

const stampFile = join(root, 'node_modules/.sunpress-installed')

/** @returns {Promise<number>} */
export async function install() {
  const wanted = installStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return 0
  process.stderr.write('Installing dependencies…\n')
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // CI keeps pnpm from asking whether it may replace node_modules.
  const env = { CI: 'true' }
  const code = await runCommand(['npx', '--yes', packageManager, 'install', '--frozen-lockfile'], {
    quiet: true,
    env,
  })
  if (code === 0) writeFileSync(stampFile, wanted)
  return code
}

/**
 * tsc decides by itself what to compile: 0.1 s when there is nothing.
 * @returns {Promise<number>}
 */
export function build() {
  return runCommand(['node_modules/.bin/tsc', '-b'], { quiet: true })
}

/** Changes with whatever pnpm would act upon. */
function installStamp() {
  const hash = createHash('sha256').update(`node ${process.versions.node.split('.')[0]} ${process.arch}\n`)
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'test/package.json']
  for (const folder of ['apps', 'packages']) {
    for (const name of readdirSync(join(root, folder)).sort()) files.push(`${folder}/${name}/package.json`)
  }
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}
