/**
 * How many calls a second one simulator answers, and what each costs it in CPU time.
 *
 *   node test/bench/simulator.mjs [--seconds 10] [--connections 64] [--width 430] [--hyaline | --qr]
 *
 * The built simulator runs in a process of its own, the load in this one, so that a second core carries the load.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client } from 'undici'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    width: { type: 'string', default: '430' },
    hyaline: { type: 'boolean', default: false },
    qr: { type: 'boolean', default: false },
  },
})

const MAIN = fileURLToPath(new URL('../../apps/simulator/dist/main.js', import.meta.url))
const simulator = spawn(
  process.execPath,
  [MAIN, '--port', '0', '--admin-port', '0', '--per-minute', '10000000'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)

try {
  const { url, adminUrl } = await ready()
  const limits = { limitedPerMinute: 1e9, limitedPerDay: 1e9, limitedLifetime: 1e9 }
  await fetch(`${adminUrl}/limits`, { method: 'PUT', body: JSON.stringify(limits) })
  const token = await takeToken(url)
  const route = values.qr ? '/cgi-bin/wxaapp/createwxaqrcode' : '/wxa/getwxacodeunlimit'
  const path = `${route}?access_token=${token}`
  const clients = Array.from({ length: Number(values.connections) }, () => new Client(url))
  await load(clients, path, 2)
  const cpuBefore = cpuMs(simulator.pid)
  const { calls, bytes, seconds } = await load(clients, path, Number(values.seconds))
  const cpu = cpuMs(simulator.pid) - cpuBefore
  await Promise.all(clients.map((client) => client.close()))
  report({ calls, bytes, seconds, cpu })
} finally {
  simulator.kill('SIGTERM')
}

async function ready() {
  for await (const line of createInterface({ input: simulator.stdout })) {
    const entry = JSON.parse(line)
    if (entry.msg === 'ready') return entry
  }
  throw new Error('the simulator ended before it was ready; is it built?')
}

async function takeToken(url) {
  const body = JSON.stringify({ grant_type: 'client_credential', appid: 'wxbench', secret: 's' })
  const answer = await fetch(`${url}/cgi-bin/stable_token`, { method: 'POST', body })
  return (await answer.json()).access_token
}

/** Each connection sends its next call when the last is answered whole. */
async function load(clients, path, forSeconds) {
  const startedAt = performance.now()
  const until = startedAt + forSeconds * 1000
  let calls = 0
  let bytes = 0
  const one = async (client, index) => {
    while (performance.now() < until) {
      const scene = `s=${index}.${calls}`
      const width = Number(values.width)
      const asked = values.qr
        ? { path: `pages/index/index?${scene}`, width }
        : { scene, page: 'pages/a', width, is_hyaline: values.hyaline }
      const body = JSON.stringify(asked)
      const length = await call(client, path, body)
      bytes += length
      calls++
    }
  }
  await Promise.all(clients.map(one))
  return { calls, bytes, seconds: (performance.now() - startedAt) / 1000 }
}

async function call(client, path, body) {
  const { headers, body: answer } = await client.request({ method: 'POST', path, body })
  let length = 0
  for await (const chunk of answer) length += chunk.length
  if (headers['content-type'] !== 'image/jpeg' || length !== Number(headers['content-length'])) {
    throw new Error(`not a whole picture: ${headers['content-type']}, ${length} bytes`)
  }
  return length
}

/** User and system time of a process, ms (Linux: clock ticks of 10 ms). */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function report({ calls, bytes, seconds, cpu }) {
  const result = {
    callsPerSecond: Math.round(calls / seconds),
    cpuMicrosPerCall: Math.round((cpu * 1000) / calls),
    callsPerSecondOfCore: Math.round(calls / (cpu / 1000)),
    meanBytes: Math.round(bytes / calls),
    seconds: Math.round(seconds * 10) / 10,
    width: Number(values.width),
    hyaline: values.hyaline,
    qr: values.qr,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
