import { runSunpress } from './run-sunpress.js'

// Whoever read our output may stop to (`| head`, or an `up` that was killed): no reason to fail what is being done.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await runSunpress(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
