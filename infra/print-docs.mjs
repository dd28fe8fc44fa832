// @ts-check
/** Writes the generated parts of the documentation anew, from what was built: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderDocs } from './run/render-docs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
/** @param {string} name @returns {Promise<any>} */
const built = (name) => import(new URL(`../packages/${name}/dist/index.js`, import.meta.url).href)
/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8')

const declared = { runtime: await built('runtime'), telemetry: await built('telemetry') }
for (const { path, text } of renderDocs(declared, read)) writeFileSync(join(root, path), text)
