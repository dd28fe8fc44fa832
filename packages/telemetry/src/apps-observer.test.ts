import { type App, type AppId, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { expect, it } from 'vitest'
import { observeApps } from './apps-observer.js'
import { createLogger } from './logger.js'
import { createScrub } from './scrub.js'

it('scrubs the secrets of apps that came later', () => {
  const lines: string[] = []
  const scrub = createScrub()
  const sink = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ role: 'worker', level: 'info', scrub, sink })
  const observer = observeApps(logger, scrub)
  const credential = {
    kind: 'secret',
    appSecret: new Secret('kept-to-ourselves'),
    endpoint: 'stable',
  } as const
  const app: App = { appid: 'wx0123456789abcdef' as AppId, name: 'Shop', credential, quotas: DEFAULT_QUOTAS }
  observer.changed({ apps: [app], components: [] })
  observer.rejected(new Error('apps.yaml: kept-to-ourselves'))
  expect(lines.join('')).toContain('the apps have changed')
  expect(lines.join('')).toContain('not taken')
  expect(lines.join('')).not.toContain('kept-to-ourselves')
})
