/** The scenarios that ship: each is played against calls, and what it says of itself comes true. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readScenario } from './scenario.js'
import { call, errcodeOf, type Received, type Started, startWithToken, takeToken } from './testing/caller.js'

const FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url))
const load = (name: string): { name: string } => JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'))

const outcomeOf = (answer: Received): number | string => {
  if (answer.headers['content-type'] === 'image/jpeg') return 'picture'
  return errcodeOf(answer) ?? 'other'
}

/** Makes calls one after another and says what came, in groups of equal neighbours. */
async function outcomes({ code }: Started, calls: number, fields: object = {}): Promise<unknown[]> {
  const seen: [number | string, number][] = []
  for (let i = 0; i < calls; i++) {
    const outcome = outcomeOf(await code({ scene: `s=${i}`, page: 'pages/new', width: 280, ...fields }))
    const last = seen.at(-1)
    if (last?.[0] === outcome) last[1]++
    else seen.push([outcome, 1])
  }
  return seen
}

const play = (name: string) => startWithToken({ scenario: load(name) })

test('each is named as its file, says what it is about, and can be read', () => {
  const files = readdirSync(FOLDER)
  expect(files.length).toBeGreaterThanOrEqual(4)
  for (const file of files) {
    const { name, about, steps } = readScenario(load(file.replace('.json', '')))
    expect(`${name}.json`).toBe(file)
    expect(about.length).toBeGreaterThan(20)
    expect(steps.length).toBeGreaterThan(1)
  }
})

test('page-release: 41030 for ten calls, then pictures', async () => {
  const started = await play('page-release')
  expect(await outcomes(started, 12)).toEqual([
    [41030, 10],
    ['picture', 2],
  ])
  await started.close()
})

test('minute-limit: 20 pictures, two kinds of refusal in turns, and pictures again after the minute', async () => {
  const started = await play('minute-limit')
  await started.admin('PUT', '/clock', { frozen: true })
  const seen = await outcomes(started, 42)
  expect(seen[0]).toEqual(['picture', 20])
  expect(seen.slice(1, 3)).toEqual([
    [45009, 1],
    [45011, 1],
  ])
  expect(seen.at(-1)).toEqual(['picture', 2])
  await started.close()
})

test('quiet-cut: after ten calls eight are left of a minute, another party takes six of the next, quota/get tells neither', async () => {
  const started = await play('quiet-cut')
  await started.admin('PUT', '/clock', { frozen: true })
  expect(await outcomes(started, 19)).toEqual([
    ['picture', 18],
    [45009, 1],
  ])
  await started.admin('PUT', '/clock', { advanceMs: 60_000 })
  const seen = (await outcomes(started, 19)) as [unknown, number][]
  const printed = seen[0]?.[1] ?? 0
  expect([seen[0]?.[0], seen.at(-1)?.[0]]).toEqual(['picture', 45009])
  expect(printed).toBeLessThan(18)
  const path = '/wxa/getwxacodeunlimit'
  const url = `${started.simulator.url}/cgi-bin/openapi/quota/get?access_token=${started.token}`
  const told = JSON.parse((await call(url, { body: { cgi_path: path } })).body.toString('utf8'))
  expect(told.rate_limit.call_count).toBe(30)
  expect(told.quota.used).toBeGreaterThan(18 + printed)
  await started.close()
})

test('stolen-token: a token ends twice, and after 30 calls no more', async () => {
  const started = await play('stolen-token')
  await started.admin('PUT', '/clock', { frozen: true })
  expect(await outcomes(started, 12)).toEqual([
    ['picture', 10],
    [40001, 2],
  ])
  expect(await takeToken(started.simulator, 'wx1')).not.toBe(started.token)
  expect(await outcomes(started, 20)).toEqual([[40001, 20]])
  expect((await started.admin('GET', '/intruder')).json.order).toBeNull()
  await started.close()
})

test('bad-night: three of each transport fault, and after 60 calls peace', async () => {
  const started = await play('bad-night')
  for (let i = 0; i < 60; i++) await started.code({ scene: `s=${i}`, width: 280 })
  const { json } = await started.admin('GET', '/counters?appid=wx1')
  const { system_error: _, errcode, empty_200: empty, ...others } = json.apps.wx1.faults
  expect(empty).toBeGreaterThanOrEqual(3)
  expect(Object.values(others)).toEqual(Array(9).fill(3))
  expect(await outcomes(started, 10)).toEqual([['picture', 10]])
  await started.close()
})

test('day-turns: ten a day until midnight in Shanghai, by when the token has expired', async () => {
  const started = await play('day-turns')
  expect(await outcomes(started, 16)).toEqual([
    ['picture', 10],
    [45009, 5],
    [42001, 1],
  ])
  const token = await takeToken(started.simulator, 'wx1')
  const url = `${started.simulator.url}/wxa/getwxacodeunlimit?access_token=${token}`
  expect(outcomeOf(await call(url, { body: { scene: 's' } }))).toBe('picture')
  await started.close()
})
