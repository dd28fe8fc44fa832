/**
 * Loaded before a child of the chaos tests (`node --import`): counts the file system calls of the store once `armSteps` was called,
 * and at call BREAK_AT dies by SIGKILL, or fails with BREAK_WITH=<errno>, or ("reply") carries it out and then says EEXIST.
 */
import fs from 'node:fs'

const CALLS = ['open', 'write', 'fsync', 'close', 'link', 'rename', 'unlink', 'mkdir', 'stat', 'readFile']
const breakAt = Number(process.env['BREAK_AT'] ?? 0)
const breakWith = process.env['BREAK_WITH'] ?? 'SIGKILL'
let armed = false
const steps = []

globalThis.armSteps = () => {
  armed = true
  return steps
}

const errorOf = (code) => Object.assign(new Error(code), { code })

for (const name of CALLS) {
  const real = fs[name]
  const watched = (...args) => {
    if (!armed || steps.push(name) !== breakAt) return real(...args)
    const answer = args.at(-1)
    if (breakWith === 'SIGKILL') return process.kill(process.pid, 'SIGKILL')
    if (breakWith === 'reply') return real(...args.slice(0, -1), () => answer(errorOf('EEXIST')))
    return process.nextTick(answer, errorOf(breakWith))
  }
  fs[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(real))
}
