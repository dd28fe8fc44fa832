import { type Records, Secret, type Vault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createVault } from './vault.js'

const KEY = new Secret('0123456789abcdef0123456789abcdef')
const OTHER_KEY = new Secret('f'.repeat(32))
const NAME = 'wx0123456789abcdef/merchants/wxffffffffffffffff'
const FILE = `vault/${NAME}.json`
const TOKEN = 'refreshtoken@@@abcdefghijklmnopqrstuvwxyz'
const record = (seq: number, text = TOKEN) => ({ seq, text: new Secret(text) })

function start(secretKey = KEY): { vault: Vault; files: Map<string, Buffer>; other: (key: Secret) => Vault } {
  const files = new Map<string, Buffer>()
  const records: Partial<Records> = {
    put: async (key, bytes) => void files.set(key, Buffer.from(bytes)),
    read: async (key) => files.get(key) ?? null,
    list: async (prefix) => ({
      keys: [...files.keys()].filter((key) => key.startsWith(prefix)).sort(),
      next: null,
    }),
  }
  const over = (key: Secret) => createVault(records as Records, key)
  return { vault: over(secretKey), files, other: over }
}

const read = async (vault: Vault, name = NAME) => (await vault.read(name))?.text.reveal()
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no fault',
    (fault: unknown) => fault,
  )

describe('the vault', () => {
  it('gives back what was put, to any process with the same key', async () => {
    const { vault, other } = start()
    expect(await vault.read(NAME)).toBeNull()
    expect(await vault.put(NAME, record(7))).toBe('written')
    expect(await read(other(new Secret(KEY.reveal())))).toBe(TOKEN)
    expect((await vault.read(NAME))?.seq).toBe(7)
  })

  it('holds no secret in the clear, nor the same bytes twice', async () => {
    const { vault, files } = start()
    await vault.put(NAME, record(1))
    const first = String(files.get(FILE))
    await vault.put(NAME, record(1))
    const second = String(files.get(FILE))
    expect(second).not.toBe(first)
    for (const text of [first, second]) {
      const { sealed } = JSON.parse(text) as { sealed: string }
      const plain = `${text}${Buffer.from(sealed, 'base64').toString('latin1')}`
      expect(plain).not.toContain(TOKEN.slice(0, 12))
      expect(plain).not.toContain(KEY.reveal())
    }
  })

  it('keeps the record of the greater sequence, and takes the same again', async () => {
    const { vault } = start()
    await vault.put(NAME, record(8, 'newer'))
    expect(await vault.put(NAME, record(7, 'older'))).toBe('overtaken')
    expect(await read(vault)).toBe('newer')
    expect(await vault.put(NAME, record(8, 'again'))).toBe('written')
    expect(await read(vault)).toBe('again')
  })

  it('names the variable where the key is another one, and overwrites nothing', async () => {
    const { vault, other, files } = start()
    await vault.put(NAME, record(1))
    const there = String(files.get(FILE))
    for (const attempt of [other(OTHER_KEY).read(NAME), other(OTHER_KEY).put(NAME, record(2))]) {
      const fault = await faultOf(attempt)
      expect(fault).toMatchObject({ kind: 'halt', code: 'vault_key' })
      expect(String(fault)).toContain('SUNPRESS_SECRET_KEY')
    }
    expect(String(files.get(FILE))).toBe(there)
  })

  it.each<[string, (file: Record<string, unknown>, sealed: Buffer) => unknown]>([
    ['another sequence', (file) => ({ ...file, seq: 9 })],
    ['a flipped bit of the text', (file, sealed) => ({ ...file, sealed: flip(sealed, sealed.length - 1) })],
    ['a flipped bit of the tag', (file, sealed) => ({ ...file, sealed: flip(sealed, 20) })],
    ['another format', (file, sealed) => ({ ...file, sealed: flip(sealed, 0) })],
    ['a cut end', (file, sealed) => ({ ...file, sealed: sealed.subarray(0, 20).toString('base64') })],
    ['no sealed text', ({ sealed: _, ...file }) => file],
  ])('finds out %s, and lets a new record mend it', async (_, change) => {
    const { vault, files } = start()
    await vault.put(NAME, record(1))
    const file = JSON.parse(String(files.get(FILE))) as Record<string, unknown>
    files.set(FILE, Buffer.from(JSON.stringify(change(file, Buffer.from(String(file['sealed']), 'base64')))))
    expect(await faultOf(vault.read(NAME))).toMatchObject({ kind: 'hold', code: 'vault_damaged' })
    expect(await vault.put(NAME, record(2))).toBe('written')
    expect(await read(vault)).toBe(TOKEN)
  })

  it("doesn't take one record for another", async () => {
    const { vault, files } = start()
    await vault.put(NAME, record(1))
    files.set('vault/another.json', files.get(FILE) as Buffer)
    expect(await faultOf(vault.read('another'))).toMatchObject({ code: 'vault_damaged' })
  })

  it('takes a file that is no JSON for damaged, and guesses at none of a newer release', async () => {
    const { vault, files } = start()
    files.set(FILE, Buffer.from('half a fi'))
    expect(await faultOf(vault.read(NAME))).toMatchObject({ code: 'vault_damaged' })
    files.set(FILE, Buffer.from('{"v":2,"seq":1,"key":"","sealed":""}'))
    expect(await faultOf(vault.read(NAME))).toMatchObject({ kind: 'halt', code: 'ledger_newer' })
  })

  it('lists names, and has none that leads out of its folder', async () => {
    const { vault } = start()
    for (const name of ['a/merchants/2', 'a/merchants/1', 'a/ticket', 'b/merchants/3']) {
      await vault.put(name, record(1))
    }
    const names: string[] = []
    for await (const name of vault.list('a/merchants/')) names.push(name)
    expect(names).toEqual(['a/merchants/1', 'a/merchants/2'])
    for (const name of ['../campaigns', 'a//b', '/a', 'a/', 'a.b', '']) {
      await expect(vault.put(name, record(1))).rejects.toThrow(TypeError)
    }
  })
})

function flip(bytes: Buffer, at: number): string {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy.toString('base64')
}
