import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Campaign, Page, PublishedRow } from '@sunpress/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressOf, makeFolder, startUp, stopUp } from '../testing/run-up.js'
import { type AtEnd, type Run, runSunpress, spawnSunpress } from '../testing/spawn-sunpress.js'

const APP = ['--app', 'wx0123456789abcdef', '--name', 'stores', '--page', 'pages/index/index']
const SHIM = fileURLToPath(new URL('../../../../node_modules/.bin/sunpress', import.meta.url))
const cwd = tmpdir()

describe('wrong usage ends with 2 and asks nobody', () => {
  test.each([
    [[]],
    [['nope']],
    [['campaign']],
    [['campaign', 'create', '--name', 'x']],
    [['campaign', 'create', ...APP, '--scenes', 'a', '--format', 'gif']],
    [['campaign', 'create', ...APP]],
    [['campaign', 'create', ...APP, '--scenes', 'a', '--width', 'wide']],
    [['campaign', 'create', ...APP, '--csv', '/no/such/file.csv']],
    [['campaign', 'create', ...APP, '--csv', '.']],
    [['campaign', 'plan', ...APP, '--ndjson', '.']],
    [['campaign', 'watch']],
    [['code', 'get', 'x', '--frob']],
    [['code', 'get', 'x', '--out', '/no/such/folder/x.png']],
    [['up', 'now']],
    [['worker', '--frob']],
    [['simulator', '--frob']],
  ])('sunpress %j', async (args) => {
    const { code, stdout, stderr } = await runSunpress(args, { cwd })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
  })
})

test('a folder in the place of rows is told with its flag', async () => {
  const { stderr } = await runSunpress(['campaign', 'create', ...APP, '--csv', cwd], { cwd })
  expect(stderr).toBe(`error: --csv: expected a file, got the folder ${cwd}\n`)
})

test('a campaign that is not in the store is told with the store that was looked into', async () => {
  const folder = makeFolder()
  const id = '01M00000000000000000000000'
  for (const args of [
    ['verify', id],
    ['purge', '--campaign', id],
  ]) {
    const { code, stderr } = await runSunpress(args, { cwd: folder })
    expect(code).toBe(2)
    expect(stderr).toContain(`in file:${join(folder, 'data')} (SUNPRESS_STORE)`)
  }
})

test('help and version are no failures', async () => {
  expect((await runSunpress(['--help'], { cwd })).code).toBe(0)
  expect((await runSunpress(['campaign', 'create', '--help'], { cwd })).code).toBe(0)
  expect((await runSunpress(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test.each(['producer', 'worker', 'simulator'])('%s tells of itself when it is asked to', async (role) => {
  const { code, stdout, stderr } = await runSunpress([role, '--help'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toContain(`sunpress ${role}`)
  expect(stderr).toBe('')
})

test('with --json what went wrong is the document', async () => {
  const env = { SUNPRESS_API_URL: 'http://127.0.0.1:1' }
  const away = await runSunpress(['campaign', 'list', '--json'], { cwd, env })
  expect(away.code).toBe(1)
  expect(JSON.parse(away.stdout)).toMatchObject({ error: { code: 'unreachable' } })
  const misused = await runSunpress(['campaign', 'create', '--json'], { cwd, env })
  expect(misused.code).toBe(2)
  expect(JSON.parse(misused.stdout)).toMatchObject({ error: { code: 'usage' } })
})

test('a reader that stops reading makes no failure', async () => {
  const run = spawnSunpress(['--help'], { cwd })
  run.child.stdout?.destroy()
  expect(await run.exited).toBe(0)
  expect(run.stderr()).toBe('')
})

test('without a producer it fails and says where it has asked', async () => {
  const env = { SUNPRESS_API_URL: 'http://127.0.0.1:1' }
  const { code, stderr } = await runSunpress(['campaign', 'list'], { cwd, env })
  expect(code).toBe(1)
  expect(stderr).toContain('127.0.0.1:1')
})

test('a service is one process, whose pid is that of the command', async () => {
  const run = spawnSunpress(['simulator', '--port', '0', '--admin-port', '0'], { cwd, command: [SHIM] })
  await run.wrote(/"msg":"ready"/)
  const { pid } = run.child
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/^node\0.*sunpress\.js\0simulator/)
  expect(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')).toBe('')
  run.child.kill('SIGTERM')
  expect(await run.exited).toBe(0)
})

/** One for all of them: each command is a process, and so is each part of this. */
describe('with a producer', () => {
  const ends: (() => void | Promise<void>)[] = []
  const atEnd: AtEnd = (end) => void ends.unshift(end)
  let up: Run
  let folder: string
  let [api, wechat, admin] = ['', '', '']
  beforeAll(async () => {
    folder = makeFolder(atEnd)
    up = startUp(folder, {}, ['--no-demo'], atEnd)
    api = await addressOf(up, 'producer')
    wechat = await addressOf(up, 'simulator')
    admin = await addressOf(up, 'simulator', 'adminUrl')
  })
  afterAll(async () => {
    const code = await stopUp(up)
    for (const end of ends) await end()
    expect(code).toBe(0)
  })

  const at = (url: string, args: readonly string[], stdin = '') =>
    runSunpress(args, { cwd: folder, env: { SUNPRESS_API_URL: url }, stdin })
  const sunpress = (args: readonly string[], stdin = '') => at(api, args, stdin)
  /** What a command printed as JSON. */
  const told = async <T>(args: readonly string[], stdin = ''): Promise<T> =>
    JSON.parse((await sunpress(args, stdin)).stdout) as T

  test('an address of something else is told, and one with /v1 will do', async () => {
    const astray = await at(wechat, ['campaign', 'list'])
    expect(astray).toMatchObject({ code: 2, stdout: '' })
    expect(astray.stderr).toContain(`${wechat} is not Sunpress`)
    const apps = await at(`${api}/v1`, ['app', 'list'])
    expect(apps).toMatchObject({ code: 0, stderr: '' })
    expect(apps.stdout).toContain('wx0123456789abcdef')
  })

  test('a campaign is made of a file, followed and listed, and its pictures are fetched', async () => {
    writeFileSync(join(folder, 'stores.csv'), 'scene,ref,note\ns=1,A,x\ns=2,B,y\ns=3,C,z\n')
    const made = await sunpress(['campaign', 'create', ...APP, '--csv', 'stores.csv', '--watch'])
    expect(made).toMatchObject({ code: 0 })
    expect(made.stdout).toMatch(/completed {2}3 scenes: 3 published\n$/)
    expect(made.stderr).toBe('Columns left out: note\n')
    const list = await told<Page<Campaign>>(['campaign', 'list', '--json'])
    expect(list.items.map(({ name, counts }) => [name, counts.published])).toEqual([['stores', 3]])
    const id = list.items[0]?.id ?? ''

    const csv = (await sunpress(['campaign', 'manifest', id, '--format', 'csv'])).stdout
    expect(csv.trim().split('\r\n')).toHaveLength(4)
    const ndjson = (await sunpress(['campaign', 'manifest', id])).stdout
    const lines = ndjson
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PublishedRow)
    const whole = await told<{ items: PublishedRow[] }>(['campaign', 'manifest', id, '--format', 'json'])
    expect(whole.items.map(({ id }) => id)).toEqual(lines.map(({ id }) => id))
    expect((await sunpress(['campaign', 'failures', id])).stdout).toBe('no failures\n')

    const manifest = await fetch(`${api}/v1/campaigns/${id}/manifest`)
    const { codeId, key, sha256 } = ((await manifest.json()) as Page<PublishedRow>).items[0] as PublishedRow
    expect((await sunpress(['code', 'get', codeId, '--out', 'picture.jpg'])).code).toBe(0)
    const picture = readFileSync(join(folder, 'picture.jpg'))
    expect(createHash('sha256').update(picture).digest('hex')).toBe(sha256)
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
    const got = await told(['code', 'get', codeId, '--out', 'picture.jpg', '--json'])
    expect(got).toMatchObject({ codeId, file: 'picture.jpg' })

    truncateSync(join(folder, 'data', key), 1_000)
    const cut = await sunpress(['code', 'get', codeId, '--out', 'cut.jpg'])
    expect(cut).toMatchObject({ code: 1, stdout: '' })
    expect(cut.stderr).toContain('defective: expected a whole jpg, found: truncated')
    expect(readdirSync(folder)).not.toContain('cut.jpg')
    writeFileSync(join(folder, 'data', key), picture)
    expect((await sunpress(['campaign', 'pause', id])).code).toBe(1)
  })

  test('bad rows are told by their lines, or left out and listed', async () => {
    const bad = 'scene\ns=4\nnot a scene\n'
    const refused = await sunpress(['campaign', 'create', ...APP, '--csv', '-'], bad)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/^sunpress: 1 bad row\. .*--skip-bad-rows/)
    expect(refused.stderr).toMatch(/^ {2}line 3 {2}scene: expected .*"not a scene"$/m)
    const course = ['--skip-bad-rows', '--priority', '7', '--canary', '1', '--no-lifetime-guard']
    const planned = await sunpress(['campaign', 'plan', ...APP, '--csv', '-', ...course], bad)
    expect(planned).toMatchObject({ code: 3, stderr: '' })
    expect(planned.stdout).toMatch(/^rows +1\ninvalid rows +1, left out with --skip-bad-rows\n/)
    const skipping = await sunpress(['campaign', 'create', ...APP, '--csv', '-', '--skip-bad-rows'], bad)
    expect(skipping.code).toBe(0)
    const [badRows = ''] = /campaign bad-rows \S+/.exec(skipping.stderr) ?? []
    const listed = await sunpress(badRows.split(' '))
    expect(listed.stdout).toMatch(/^line 3 {2}scene: expected .*"not a scene"\n$/)
    const wide = await sunpress(['campaign', 'create', ...APP, '--scenes', 'a', '--width', '100'])
    expect(wide.code).toBe(2)
    expect(wide.stderr).toContain('\n  --width: expected')
  })

  test('of a purged campaign it is said that it was purged', async () => {
    const create = ['campaign', 'create', ...APP, '--scenes', 'gone=1', '--watch', '--json']
    const { id } = await told<Campaign>(create)
    expect((await sunpress(['campaign', 'show', id])).stdout).toMatch(/state {5}completed\n/)
    expect((await sunpress(['purge', '--campaign', id, '--yes'])).code).toBe(0)
    const manifest = await sunpress(['campaign', 'manifest', id, '--format', 'csv'])
    expect(manifest).toMatchObject({ code: 1, stdout: '' })
    expect(manifest.stderr).toMatch(/^sunpress: .*purged.* \(409\)\n$/)
    const verified = await sunpress(['verify', id])
    expect(verified).toMatchObject({ code: 1, stderr: '' })
    expect(verified.stdout).toContain('its pictures were purged')
  })

  test('one key makes one campaign', async () => {
    const create = ['campaign', 'create', ...APP, '--ndjson', '-', '--json', '--idempotency-key', 'once']
    const once = await told<Campaign>(create, '{"scene":"s=5"}\n')
    expect(await told(create, '{"scene":"s=5"}\n')).toMatchObject({ id: once.id })
  })

  test('what WeChat refuses is told, with how to list it, and ends with 3', async () => {
    // It says of one scene that it is invalid, and always will.
    const rule = { kind: 'errcode', errcode: 40169, match: { scene: 't=2' } }
    await fetch(`${admin}/faults`, {
      method: 'PUT',
      body: JSON.stringify([rule]),
      headers: { 'content-type': 'application/json' },
    })
    const range = ['--range', 't={n}', '--from', '1', '--to', '3']
    const watched = await sunpress(['campaign', 'create', ...APP, ...range, '--watch', '--json'])
    expect(watched.code).toBe(3)
    expect(JSON.parse(watched.stdout)).toMatchObject({
      state: 'completed',
      counts: { published: 2, refused: 1 },
    })
    const { id } = JSON.parse(watched.stdout) as Campaign
    expect(watched.stderr).toContain('Refused: 1 invalid_scene (40169)\n')
    expect(watched.stderr).toContain(`npx sunpress campaign failures ${id}\n`)
    const failures = await sunpress(['campaign', 'failures', id])
    expect(failures.stdout).toMatch(
      /^1 {2}t=2 {2}invalid_scene {2}errcode 40169 {2}1 attempt( {2}rid \S+)?\n$/,
    )
    const failed = await told(['campaign', 'failures', id, '--json'])
    expect(failed).toMatchObject({ items: [{ scene: 't=2', reason: 'invalid_scene' }] })
  })

  test('a campaign is paused, resumed and cancelled', async () => {
    const long = ['--range', 'p={n}', '--from', '1', '--to', '20000', '--json']
    const { id } = await told<Campaign>(['campaign', 'create', ...APP, ...long])
    expect((await sunpress(['campaign', 'pause', id])).stdout).toContain('paused')
    expect((await sunpress(['campaign', 'resume', id])).stdout).toContain('running')
    expect((await sunpress(['campaign', 'cancel', id])).stdout).toContain('cancelled')
    expect((await sunpress(['campaign', 'watch', id])).code).toBe(1)
  })
})
