/** The manual says what the sources hold: whoever adds a switch, a route, a fault or an action writes its row. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ACTION_NAMES } from './actions.js'
import { ADMIN_ROUTES } from './admin-routes.js'
import { DEFAULT_SWITCHES } from './app-config.js'
import { PLATFORM_DEFAULTS, PLATFORM_FIELDS } from './component/platform-config.js'
import { FAULT_KINDS } from './fault-rules.js'
import { usage } from './flags.js'
import { HOSTING_FIELDS } from './hosting.js'
import { SWITCHES } from './read-switches.js'
import { ROUTES } from './routes.js'
import { readScenario } from './scenario.js'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(`${FOLDER}/${path}`, 'utf8')

/** The cells of a page's tables, the first of each row without its backticks. */
function rowsOf(path: string): string[][] {
  const lines = read(path)
    .split('\n')
    .filter((line) => line.startsWith('| '))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}
const firstCells = (path: string) => rowsOf(path).map(([first = '']) => first)

test('the README has at most 60 lines and names every flag', () => {
  const text = read('README.md')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  for (const [flag] of usage().matchAll(/--[a-z-]+/g)) expect(text).toContain(flag)
})

test('the apps file’s page has a row for each switch, with its default', () => {
  const rows = rowsOf('docs/apps-file.md').filter(([name]) => SWITCHES.some((known) => known === name))
  const told = Object.fromEntries(rows.map(([name = '', value]) => [name, value]))
  const held = Object.fromEntries(SWITCHES.map((name) => [name, String(DEFAULT_SWITCHES[name] ?? '–')]))
  expect(told).toEqual(held)
})

test('the page of platforms has a row for each field of a platform, with its default, and of hosting', () => {
  const rows = rowsOf('docs/platforms.md')
  const told = new Map(rows.flatMap(([names = '', value]) => names.split(', ').map((name) => [name, value])))
  for (const name of PLATFORM_FIELDS) {
    const value = { ...PLATFORM_DEFAULTS }[name as keyof typeof PLATFORM_DEFAULTS]
    const shown = Array.isArray(value) ? '[]' : String(value ?? '–')
    expect(`${name} ${told.get(name)}`).toBe(`${name} ${shown}`)
  }
  for (const name of HOSTING_FIELDS) expect([...told.keys()]).toContain(name)
})

test('the page of endpoints has a row for each route', () => {
  const rows = firstCells('docs/endpoints.md').map((cell) => cell.split(' ')[1])
  for (const { path } of ROUTES) expect(rows).toContain(path)
})

test('the page of the admin API has a row for each call, and no other', () => {
  const rows = firstCells('docs/admin.md').filter((cell) => cell.includes(' /'))
  const calls = Object.entries(ADMIN_ROUTES).flatMap(([path, methods]) => {
    return Object.keys(methods).map((method) => `${method} ${path}`)
  })
  expect(rows.sort()).toEqual(calls.sort())
})

test('the page of faults names every kind', () => {
  const cells = firstCells('docs/faults.md')
    .join(' ')
    .split(/[^\w]+/)
  for (const kind of FAULT_KINDS) expect(cells).toContain(kind)
})

test('the page of scenarios names every action and every file, and its example can be read', () => {
  const cells = firstCells('docs/scenarios.md')
  for (const name of [...ACTION_NAMES, ...readdirSync(`${FOLDER}/scenarios`)]) expect(cells).toContain(name)
  const [, example = ''] = /```json\n(.*?)```/s.exec(read('docs/scenarios.md')) ?? []
  expect(readScenario(JSON.parse(example)).steps).toHaveLength(3)
})
