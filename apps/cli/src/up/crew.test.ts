import { ConfigFault, exitCodeOf } from '@sunpress/runtime'
import { expect, test } from 'vitest'
import { ChildDied } from './child-died.js'
import { misusedOr } from './crew.js'

const exited = (code: number) => ({ code, signal: null })

test('a service that ends with 2 makes 2 of it, and its words are no defects', () => {
  const thrown = misusedOr(new ChildDied('worker', exited(2), '/logs/worker.log', []))
  expect(thrown).toBeInstanceOf(ConfigFault)
  expect(exitCodeOf(thrown)).toBe(2)
  expect((thrown as Error).message).toBe('worker ended (exit code 2); its log is /logs/worker.log')
})

test('what it said of its failing stands below', () => {
  const died = new ChildDied('redis', exited(1), '/logs/redis.log', ['no room on disk'])
  expect(misusedOr(died)).toBe(died)
  expect(died.message).toBe('redis ended (exit code 1); its log is /logs/redis.log\n  no room on disk')
})

test('whom a signal has killed has said nothing of it', () => {
  const died = new ChildDied('worker', { code: null, signal: 'SIGKILL' }, '/logs/worker.log', ['earlier'])
  expect(died.message).toBe('worker ended (SIGKILL); its log is /logs/worker.log')
})
