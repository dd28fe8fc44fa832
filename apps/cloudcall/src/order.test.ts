import { describe, expect, it } from 'vitest'
import { MOST_SCENES, parseOrder } from './order.js'

const APP = 'wx0123456789abcdef'
const look = { page: 'pages/a' }
const fieldsOf = (event: unknown) => {
  const order = parseOrder(event)
  return order.ok ? [] : order.defects.map(({ field }) => field)
}

describe('an event', () => {
  it('holds scenes as strings or with what they bring along, and fields of the cloud', () => {
    const scenes = ['s=1', { scene: 's=2', ref: 'shop 2', page: 'pages/b' }]
    const order = parseOrder({ app: APP, look, scenes, userInfo: { appId: APP } })
    expect(order.ok && order.value).toMatchObject({
      app: APP,
      look: { page: 'pages/a', width: 430 },
      from: 0,
      rows: [
        { planned: { row: { scene: 's=1' } } },
        { planned: { row: { scene: 's=2', ref: 'shop 2', page: 'pages/b' } } },
      ],
    })
  })

  it('with bad rows is good: they are refused alone, with what is wrong', () => {
    const order = parseOrder({ app: APP, look, scenes: ['s=1', 'a scene', 7] })
    expect(order.ok && order.value.rows.map(({ planned }) => planned)).toMatchObject([
      { row: { scene: 's=1' } },
      { errors: [{ field: 'scene', rule: 'alphabet', pointer: '/scenes/1' }] },
      { errors: [{ field: 'scene', rule: 'required' }] },
    ])
  })

  it.each([
    ['nothing', undefined, ['app', 'scenes']],
    ['every defect', { app: 'wx1', look: { width: 1 }, scenes: 's=1' }, ['app', 'look.width', 'scenes']],
    ['no scene', { app: APP, look, scenes: [] }, ['scenes']],
    ['too many', { app: APP, look, scenes: Array(MOST_SCENES + 1).fill('s=1') }, ['scenes']],
    ['a `from` behind its end', { app: APP, look, scenes: ['s=1'], from: 2 }, ['from']],
  ])('with %s is refused whole', (_, event, fields) => {
    expect(fieldsOf(event)).toEqual(fields)
  })
})
