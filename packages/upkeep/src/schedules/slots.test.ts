import { expect, it } from 'vitest'
import { createSlots } from './slots.js'

/** Work that ends when it is told to. */
function job() {
  let end = (): void => {}
  let begun = false
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const work = () => {
    begun = true
    return over
  }
  return { work, end: () => end(), hasBegun: () => begun }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

it('lets so many work at a time, and the next when one ends, or fails', async () => {
  const slots = createSlots(1)
  const [first, second] = [job(), job()]
  const failing = slots.use(() => first.work().then(() => Promise.reject(new Error('no'))))
  const waiting = slots.use(second.work)
  await settle()
  expect(second.hasBegun()).toBe(false)
  first.end()
  await expect(failing).rejects.toThrow('no')
  await settle()
  expect(second.hasBegun()).toBe(true)
  second.end()
  await waiting
})

it('gives a slot to others meanwhile, and has it again behind that', async () => {
  const slots = createSlots(1)
  const [away, other, after] = [job(), job(), job()]
  const one = slots.use(() => slots.without(away.work).then(after.work))
  const two = slots.use(other.work)
  await settle()
  expect(other.hasBegun()).toBe(true)
  away.end()
  await settle()
  expect(after.hasBegun()).toBe(false)
  other.end()
  await two
  await settle()
  expect(after.hasBegun()).toBe(true)
  after.end()
  await one
})

it('lets go of who is called off while waiting', async () => {
  const slots = createSlots(1)
  const [first, third] = [job(), job()]
  const one = slots.use(first.work)
  const stop = new AbortController()
  const second = slots.use(() => Promise.reject(new Error('begun')), stop.signal)
  const three = slots.use(third.work)
  stop.abort(new Error('called off'))
  await expect(second).rejects.toThrow('called off')
  first.end()
  await one
  await settle()
  expect(third.hasBegun()).toBe(true)
  third.end()
  await three
})
