import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigFault } from '@sunpress/runtime'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../testing/test-api.js'
import { loadApiKeys } from './api-keys.js'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(text: string): string {
  const path = join(folder, `${sha256(text).slice(0, 8)}.yaml`)
  writeFileSync(path, text)
  return path
}

describe('loadApiKeys', () => {
  it('knows a key by its sha256, and its scopes', () => {
    const keys = loadApiKeys(file(`- { id: ops, sha256: ${sha256('open')}, scopes: [read, write] }\n`))
    expect(keys.find('open')).toMatchObject({ id: 'ops', scopes: new Set(['read', 'write']) })
    expect(keys.find('opem')).toBeNull()
    expect(keys.find('')).toBeNull()
  })

  it('reads JSON, with the list under keys', () => {
    const json = JSON.stringify({ keys: [{ id: 'ci', sha256: sha256('x'), scopes: ['read'] }] })
    expect(loadApiKeys(file(json)).find('x')?.id).toBe('ci')
  })

  it('tells every defect at once, and shows nothing of what stands there', () => {
    const load = () =>
      loadApiKeys(file('- { id: "a b", sha256: the-key-itself, scopes: [admin], key: the-key-too }\n'))
    expect(load).toThrow(ConfigFault)
    expect(load).toThrow(/4 defects/)
    expect(load).not.toThrow(/the-key/)
  })

  it('refuses a file that is empty, missing, or has an id twice', () => {
    const entry = `{ id: a, sha256: ${sha256('x')}, scopes: [read] }`
    for (const path of [
      file(''),
      join(folder, 'none.yaml'),
      file(`- ${entry}\n- ${entry}\n`),
      file('{'.repeat(9)),
    ]) {
      expect(() => loadApiKeys(path)).toThrow(ConfigFault)
    }
  })
})
