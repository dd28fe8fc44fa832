import { describe, expect, it } from 'vitest'
import { describeConfig, renderConfigTable, renderEnvExample } from './describe-config.js'
import { CLIENT_TABLE, PRODUCER_TABLE, readProducerConfig, UP_TABLE, WORKER_TABLE } from './process-config.js'
import { VARIABLE_NAMES } from './variables.js'

const described = describeConfig({
  producer: PRODUCER_TABLE,
  worker: WORKER_TABLE,
  up: UP_TABLE,
  commands: CLIENT_TABLE,
})

describe('describeConfig', () => {
  it('has every declared variable once', () => {
    expect(described.map(({ name }) => name).sort()).toEqual([...VARIABLE_NAMES].sort())
  })

  it('says which default is whose where they differ', () => {
    const metrics = described.find(({ name }) => name === 'METRICS_PORT')
    expect(metrics?.fallbacks).toEqual({ producer: '9464', worker: '9465', up: '9464' })
    expect(renderConfigTable(described)).toContain('producer `9464`, worker `9465`, up `9464`')
    expect(renderConfigTable(described)).toMatch(/REDIS_URL.*worker `redis:\/\/127.0.0.1:6379`, up none/)
  })

  it('prints an env file that is read as if it weren’t there', () => {
    const lines = renderEnvExample(described).split('\n')
    const assigned = lines.filter((line) => /^#[A-Z]/.test(line)).map((line) => line.slice(1).split(/=(.*)/s))
    expect(assigned).toHaveLength(VARIABLE_NAMES.length)
    const env = Object.fromEntries(assigned)
    expect({ ...readProducerConfig(env), port: null, metricsPort: null }).toEqual({
      ...readProducerConfig({}),
      port: null,
      metricsPort: null,
    })
  })

  it('prints one row a variable, with bars escaped', () => {
    const rows = renderConfigTable(described).trim().split('\n').slice(2)
    expect(rows).toHaveLength(VARIABLE_NAMES.length)
    for (const row of rows) expect(row.match(/(?<!\\)\|/g), row).toHaveLength(6)
  })
})
