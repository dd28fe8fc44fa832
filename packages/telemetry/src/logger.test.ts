import { HoldFault, RetryFault, Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { announceReady, createLogger } from './logger.js'
import { createScrub } from './scrub.js'
import { memorySink } from './testing/memory-sink.js'

function logging(level = 'info') {
  const sink = memorySink()
  const scrub = createScrub()
  return { sink, scrub, logger: createLogger({ role: 'worker', level, scrub, sink }) }
}

describe('the logger', () => {
  it('writes one JSON object a line, with role, level by name and time', () => {
    const { sink, logger } = logging()
    logger.info({ app: 'wx1' }, 'hello')
    expect(sink.entries()).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), role: 'worker', app: 'wx1', msg: 'hello' },
    ])
    expect(sink.text().split('\n')).toHaveLength(2)
  })

  it('lets no secret through, whether in a message, a field, an error, a cause or a child', () => {
    const { sink, scrub, logger } = logging()
    scrub.register(new Secret('hunter22'))
    const cause = new Error('GET https://w/?access_token=wordfish')
    logger.info('hunter22')
    logger.info({ [`hunter22`]: { deep: ['hunter22'] } })
    logger.error({ fault: new RetryFault('x', 'hunter22', null, { cause }) })
    logger.error(new Error('hunter22', { cause }))
    logger.child({ who: 'hunter22' }).info('access_token=wordfish')
    expect(sink.entries()).toHaveLength(5)
    expect(sink.text()).not.toMatch(/hunter22|wordfish/)
  })

  it('tells of a fault its kind, code, WeChat’s words and causes, without a stack', () => {
    const { sink, logger } = logging()
    const words = { errcode: 45009, errmsg: 'reach max', rid: '65a-b-c' }
    const cause = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) })
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 1, words } as const
    logger.warn({ fault: new HoldFault('errcode_45009', 'too many calls', hold, { cause }) }, 'held')
    expect(sink.entries()[0]).toMatchObject({
      fault: {
        kind: 'hold',
        code: 'errcode_45009',
        message: 'too many calls',
        words: { errcode: 45009, rid: '65a-b-c' },
        causes: ['Error: outer', 'Error ECONNRESET: inner'],
      },
    })
    expect(sink.text()).not.toContain('"stack"')
  })

  it('tells the stack of what nobody threw on purpose, and survives causes in a circle', () => {
    const { sink, logger } = logging()
    const bug = new TypeError('a bug')
    bug.cause = bug
    logger.error({ fault: bug })
    logger.error({ fault: 'a string' })
    expect(sink.entries()[0]?.['fault']).toMatchObject({
      kind: 'unexpected',
      stack: expect.stringContaining('.test.ts'),
    })
    expect(sink.entries()[1]?.['fault']).toMatchObject({ kind: 'unexpected', message: 'a string' })
  })

  it('announces that it is ready whatever the level, in the shape that scripts wait for', () => {
    const { sink, logger } = logging('fatal')
    logger.info('not this')
    announceReady(logger, { url: 'http://127.0.0.1:8080', metricsUrl: null })
    expect(sink.entries()).toEqual([
      expect.objectContaining({
        msg: 'ready',
        role: 'worker',
        url: 'http://127.0.0.1:8080',
        metricsUrl: null,
      }),
    ])
    expect(sink.text().match(/"role"/g)).toHaveLength(1)
  })
})
