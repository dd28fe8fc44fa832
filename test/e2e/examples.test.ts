/** The examples of the documents, run as a reader would run them, and their answers held against those that are printed. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appid, type Installation, startInstallation } from './installation.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PRINTED_APP = 'wx0123456789abcdef'
const APP = appid(0)

let works: Installation
let id = ''

beforeAll(async () => {
  works = await startInstallation()
})
afterAll(() => works?.stop())

/** Code blocks of a document, in order. */
async function blocksOf(path: string): Promise<{ language: string; text: string }[]> {
  const text = await readFile(`${root}/${path}`, 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({
    language,
    text: block.replaceAll(PRINTED_APP, APP),
  }))
}

async function runShell(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: root,
    env: { ...process.env, API: works.api.url, ID: id, SUNPRESS_API_URL: works.api.url },
  })
  return stdout
}

const examples = (await blocksOf('docs/api.md')).flatMap(({ language, text }, at, all) =>
  language === 'sh' ? [{ command: text, printed: all[at + 1] }] : [],
)

describe('docs/api.md', () => {
  it('prints an answer behind each command', () => {
    expect(examples.length).toBeGreaterThan(10)
    expect(examples.filter(({ printed }) => printed?.language !== 'json')).toEqual([])
  })

  it.each(examples)('is answered as it says: $command', async ({ command, printed }) => {
    const answer = JSON.parse(await runShell(command))
    expect(answer).toMatchObject(JSON.parse(printed?.text ?? 'null'))
    if (typeof answer.id === 'string') id = answer.id
  })
})

describe('README.md', () => {
  it('has commands that do what it says', async () => {
    await works.startWorker()
    const commands = (await blocksOf('README.md')).filter(({ text }) => /campaigns?\b/.test(text))
    expect(commands).toHaveLength(2)
    for (const { text } of commands) {
      const said = await runShell(text.replaceAll('http://127.0.0.1:8080', '$API'))
      expect(said).toMatch(/[0-7][0-9A-HJKMNP-TV-Z]{25}/)
    }
    const { body } = await works.api.ask<{ items: { name: string; counts: { refused: number } }[] }>(
      '/v1/campaigns',
    )
    expect(body.items.map(({ name }) => name)).toEqual(expect.arrayContaining(['stores', 'first']))
  })
})
