// @ts-check
/**
 * A road with a door at every step: `around` is given each port call and makes it when, how often and if it likes.
 * Promises: the scene that a step belongs to, also for ports that aren't told of it. Changes nothing by itself.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * @typedef {import('@sunpress/core').Road} Road
 * @typedef {import('@sunpress/core').SceneJob} SceneJob
 * @typedef {(step: string, job: SceneJob, call: () => Promise<unknown>) => Promise<unknown>} Around
 */

/** The steps of a scene's road, by port. */
const WATCHED = {
  feed: ['check', 'recheck', 'publish', 'refuse', 'park'],
  store: ['stat', 'confirm', 'put'],
  tokens: ['get'],
  permits: ['take', 'answered'],
  api: ['request'],
}

export const STEPS = [
  'feed.check',
  'store.stat',
  'store.confirm',
  'tokens.get',
  'permits.take',
  'feed.recheck',
  'api.request',
  'permits.answered',
  'store.put',
  'feed.publish',
  'feed.refuse',
  'feed.park',
]

/** @param {Road} road @param {Around} around @returns {Road} */
export function watchRoad(road, around) {
  /** @type {AsyncLocalStorage<SceneJob>} */
  const scenes = new AsyncLocalStorage()
  const ports = Object.entries(WATCHED).map(([name, methods]) => {
    const port = /** @type {Record<string, Function>} */ (
      /** @type {unknown} */ (road[/** @type {keyof typeof WATCHED} */ (name)])
    )
    const watched = methods.map((method) => [
      method,
      // Not async: the scene is entered in the caller's own context, where the steps behind this one will find it.
      (/** @type {unknown[]} */ ...args) => {
        const step = `${name}.${method}`
        if (step === 'feed.check' || step === 'feed.recheck')
          scenes.enterWith(/** @type {SceneJob} */ (args[0]))
        const job = scenes.getStore()
        if (job === undefined) throw new Error(`${step} of no scene`)
        return around(step, job, () => port[method]?.(...args))
      },
    ])
    return [name, { ...port, ...Object.fromEntries(watched) }]
  })
  return { ...road, ...Object.fromEntries(ports) }
}
