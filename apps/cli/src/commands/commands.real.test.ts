import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Campaign, Page, PublishedRow } from '@sunpress/client'
import { describe, expect, test } from 'vitest'
import { addressOf, makeFolder, startUp, stopUp } from '../testing/run-up.js'
import { runSunpress, spawnSunpress } from '../testing/spawn-sunpress.js'

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

test('campaigns are made, followed and listed, and their pictures fetched', async () => {
  const folder = makeFolder()
  const up = startUp(folder, {}, ['--no-demo'])
  const env = { SUNPRESS_API_URL: await addressOf(up, 'producer') }
  const admin = await addressOf(up, 'simulator', 'adminUrl')
  const wechat = { SUNPRESS_API_URL: await addressOf(up, 'simulator') }
  const astray = await runSunpress(['campaign', 'list'], { cwd: folder, env: wechat })
  expect(astray).toMatchObject({ code: 2, stdout: '' })
  expect(astray.stderr).toContain(`${wechat.SUNPRESS_API_URL} is not Sunpress`)
  const versioned = { SUNPRESS_API_URL: `${env.SUNPRESS_API_URL}/v1` }
  const apps = await runSunpress(['app', 'list'], { cwd: folder, env: versioned })
  expect(apps).toMatchObject({ code: 0, stderr: '' })
  expect(apps.stdout).toContain('wx0123456789abcdef')
  const sunpress = (args: readonly string[], stdin = '') => runSunpress(args, { cwd: folder, env, stdin })

  writeFileSync(join(folder, 'stores.csv'), 'scene,ref,note\ns=1,A,x\ns=2,B,y\ns=3,C,z\n')
  const made = await sunpress(['campaign', 'create', ...APP, '--csv', 'stores.csv', '--watch'])
  expect(made).toMatchObject({ code: 0 })
  expect(made.stdout).toMatch(/completed {2}3 scenes: 3 published\n$/)
  expect(made.stderr).toBe('Columns left out: note\n')

  const list = JSON.parse((await sunpress(['campaign', 'list', '--json'])).stdout) as Page<Campaign>
  expect(list.items.map(({ name, counts }) => [name, counts.published])).toEqual([['stores', 3]])
  const id = list.items[0]?.id ?? ''

  const csv = (await sunpress(['campaign', 'manifest', id, '--format', 'csv'])).stdout
  expect(csv.trim().split('\r\n')).toHaveLength(4)
  const ndjson = (await sunpress(['campaign', 'manifest', id])).stdout
  const lines = ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PublishedRow)
  const whole: { items: PublishedRow[] } = JSON.parse(
    (await sunpress(['campaign', 'manifest', id, '--format', 'json'])).stdout,
  )
  expect(whole.items.map(({ id }) => id)).toEqual(lines.map(({ id }) => id))
  const manifest = await fetch(`${env.SUNPRESS_API_URL}/v1/campaigns/${id}/manifest`)
  const { codeId, sha256 } = ((await manifest.json()) as Page<PublishedRow>).items[0] as PublishedRow
  expect((await sunpress(['code', 'get', codeId, '--out', 'picture.jpg'])).code).toBe(0)
  const picture = readFileSync(join(folder, 'picture.jpg'))
  expect(createHash('sha256').update(picture).digest('hex')).toBe(sha256)
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  const got = await sunpress(['code', 'get', codeId, '--out', 'picture.jpg', '--json'])
  expect(JSON.parse(got.stdout)).toMatchObject({ codeId, file: 'picture.jpg' })

  const bad = 'scene\ns=4\nnot a scene\n'
  const refused = await sunpress(['campaign', 'create', ...APP, '--csv', '-'], bad)
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/^sunpress: 1 bad row\. .*--skip-bad-rows/)
  expect(refused.stderr).toMatch(/^ {2}line 3 {2}scene: expected .*"not a scene"$/m)
  const skipping = await sunpress(['campaign', 'create', ...APP, '--csv', '-', '--skip-bad-rows'], bad)
  expect(skipping.code).toBe(0)
  const [badRows = ''] = /campaign bad-rows \S+/.exec(skipping.stderr) ?? []
  expect((await sunpress(badRows.split(' '))).stdout).toMatch(/^line 3 {2}scene: expected .*"not a scene"\n$/)
  const key = ['--idempotency-key', 'once']
  const [once, again] = [
    await sunpress(['campaign', 'create', ...APP, '--ndjson', '-', '--json', ...key], '{"scene":"s=5"}\n'),
    await sunpress(['campaign', 'create', ...APP, '--ndjson', '-', '--json', ...key], '{"scene":"s=5"}\n'),
  ]
  expect(JSON.parse(again.stdout)).toMatchObject({ id: (JSON.parse(once.stdout) as Campaign).id })

  // WeChat says of one scene that it is invalid, and always will.
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
  const { id: partly } = JSON.parse(watched.stdout) as Campaign
  expect(watched.stderr).toContain('Refused: 1 invalid_scene (40169)\n')
  expect(watched.stderr).toContain(`npx sunpress campaign failures ${partly}\n`)
  const failures = await sunpress(['campaign', 'failures', partly])
  expect(failures.stdout).toMatch(/^1 {2}t=2 {2}invalid_scene {2}errcode 40169 {2}1 attempt( {2}rid \S+)?\n$/)
  const failed = JSON.parse((await sunpress(['campaign', 'failures', partly, '--json'])).stdout)
  expect(failed).toMatchObject({ items: [{ scene: 't=2', reason: 'invalid_scene' }] })
  expect((await sunpress(['campaign', 'failures', id])).stdout).toBe('no failures\n')
  const wide = await sunpress(['campaign', 'create', ...APP, '--scenes', 'a', '--width', '100'])
  expect(wide.code).toBe(2)
  expect(wide.stderr).toContain('\n  --width: expected')

  const late = await sunpress(['campaign', 'pause', id])
  expect(late.code).toBe(1)
  const long = ['--range', 'p={n}', '--from', '1', '--to', '20000', '--json']
  const big = JSON.parse((await sunpress(['campaign', 'create', ...APP, ...long])).stdout) as Campaign
  expect((await sunpress(['campaign', 'pause', big.id])).stdout).toContain('paused')
  expect((await sunpress(['campaign', 'resume', big.id])).stdout).toContain('running')
  expect((await sunpress(['campaign', 'cancel', big.id])).stdout).toContain('cancelled')
  expect((await sunpress(['campaign', 'watch', big.id])).code).toBe(1)
  expect(await stopUp(up)).toBe(0)
})
