import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../infra/debian/unpack.sh', import.meta.url))
const base = mkdtempSync(join(tmpdir(), 'sunpress-parts-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A PATH with what the script needs before it asks for apt, and no apt: as on another system, or without a network. */
function pathWithoutApt(): string {
  const path = join(base, 'bin')
  mkdirSync(path)
  const tools = [
    'bash',
    'cat',
    'cut',
    'dirname',
    'flock',
    'ls',
    'mkdir',
    'realpath',
    'rm',
    'sha256sum',
    'sort',
    'uname',
  ]
  for (const tool of tools) {
    symlinkSync(
      spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(),
      join(path, tool),
    )
  }
  return path
}

const PATH = pathWithoutApt()
function unpack(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(script, args, { encoding: 'utf8', env: { PATH, HOME: base } })
}

describe('unpacking Debian packages', () => {
  test('says on a system without apt what to install instead, and exits 3', () => {
    const { status, stderr } = unpack('-', 'redis-server')
    expect(status).toBe(3)
    expect(stderr).toContain('install redis-server with this system')
  })

  test('takes a folder that is ready as it is, without apt or a network', () => {
    const folder = join(base, 'ready')
    mkdirSync(folder)
    writeFileSync(join(folder, 'packages'), 'ceph-mon\nradosgw\n')
    writeFileSync(join(folder, 'run'), '#!/bin/sh\n', { mode: 0o755 })
    expect(unpack(folder, 'radosgw', 'ceph-mon')).toMatchObject({ status: 0, stdout: `${folder}\n` })
    expect(unpack(folder, 'radosgw').status).toBe(3)
  })

  test('leaves a folder of someone else alone, and exits 2', () => {
    const folder = join(base, 'mine')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis'), 'text')
    const { status, stderr } = unpack(folder, 'redis-server')
    expect(status).toBe(2)
    expect(stderr).toContain('holds something else')
    expect(readFileSync(join(folder, 'thesis'), 'utf8')).toBe('text')
  })
})
