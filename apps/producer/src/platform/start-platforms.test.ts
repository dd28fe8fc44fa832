import type { AppId, ComponentId } from '@sunpress/core'
import type { Logger } from '@sunpress/telemetry'
import { expect, it } from 'vitest'
import { observePushes } from './start-platforms.js'

const lines: string[] = []
const log = {
  info: (_: object, text: string) => lines.push(`info ${text}`),
  warn: (_: object, text: string) => lines.push(`warn ${text}`),
} as unknown as Logger

it('warns of a signed push that has no effect since it cannot be read, and of no other', () => {
  const { pushed, refused } = observePushes(log)
  const component = 'wxfedcba9876543210' as ComponentId
  pushed(component, 'unreadable', null)
  pushed(component, 'withdrawn', 'wx0123456789abcdef' as AppId)
  refused(component, 'signature')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'info', 'info'])
})
