import { runSunpress } from './run-sunpress.js'

process.exitCode = await runSunpress(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
