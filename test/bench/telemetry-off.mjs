// @ts-check
/** A worker whose metrics count nothing and whose log is silent: what telemetry.mjs compares with. */
import { run } from '@sunpress/worker'

const nothing = () => {}
const metrics = /** @type {import('@sunpress/telemetry').Metrics} */ ({
  count: nothing,
  observe: nothing,
  set: nothing,
  collect: nothing,
  render: async () => '',
  contentType: 'text/plain',
})

process.exitCode = await run([], process.env, { stderr: process.stderr, overrides: { metrics } })
