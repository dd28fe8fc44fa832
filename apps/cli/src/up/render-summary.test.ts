import { expect, test } from 'vitest'
import { renderSummary } from './render-summary.js'

const producer = {
  role: 'producer',
  url: 'http://127.0.0.1:8080',
  metricsUrl: 'http://127.0.0.1:9464/metrics',
}

test('the summary names every address that can be opened', () => {
  const worker = { role: 'worker', metricsUrl: 'http://127.0.0.1:9465/metrics' }
  const text = renderSummary(new Map(Object.entries({ producer, worker })), 'data')
  for (const address of [
    'API      http://127.0.0.1:8080\n',
    'http://127.0.0.1:8080/docs',
    producer.metricsUrl,
    worker.metricsUrl,
    'data/logs',
  ]) {
    expect(text).toContain(address)
  }
  expect(text).not.toContain('simulated')
})

test('a simulated WeChat is named as such', () => {
  const simulator = { role: 'simulator', url: 'http://127.0.0.1:9470', adminUrl: 'http://127.0.0.1:9471' }
  expect(renderSummary(new Map(Object.entries({ producer, simulator })), 'data')).toContain(
    'simulated at http://127.0.0.1:9470, steered at http://127.0.0.1:9471',
  )
})
