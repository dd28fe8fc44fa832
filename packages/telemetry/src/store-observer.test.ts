import { RetryFault } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createLogger } from './logger.js'
import { createMetrics } from './metrics.js'
import { observeStore } from './store-observer.js'
import { memorySink } from './testing/memory-sink.js'

it('counts and tells of a store that takes no pictures, and of its end', async () => {
  const sink = memorySink()
  const metrics = createMetrics({ role: 'worker', version: '1', ofTheProcess: false })
  const store = observeStore({ metrics, logger: createLogger({ role: 'worker', level: 'info', sink }) })
  store.broke(new RetryFault('store_io', 'EIO'))
  store.mended()
  expect(await metrics.render()).toContain('sunpress_store_breaks_total 1\n')
  expect(sink.entries().map(({ level }) => level)).toEqual(['warn', 'info'])
})
