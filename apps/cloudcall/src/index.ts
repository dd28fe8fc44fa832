/** The entry of the cloud function: `exports.main`. */
import { createRequire } from 'node:module'
import { loadCloud } from '@sunpress/wechat'
import { type CloudFunction, createFunction } from './function.js'

export type { Answer, EndedRow, Held, PrintedRow, RefusedRow } from './answer.js'
export type { CloudContext, CloudFunction } from './function.js'

export const main: CloudFunction = createFunction({
  env: process.env,
  // By require, which also looks where a cloud keeps its own copy (NODE_PATH).
  loadCloud: () => loadCloud(createRequire(import.meta.url)),
  log: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
})
