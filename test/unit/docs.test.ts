/** Holds the documentation to the sources: what is generated, what is named, and where links lead. Each rule lists its offenders. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { type Context, runSunpress } from '@sunpress/cli'
import { WAITING_REASONS } from '@sunpress/core'
import * as runtime from '@sunpress/runtime'
import * as telemetry from '@sunpress/telemetry'
import { describe, expect, it } from 'vitest'
import { renderDocs } from '../../infra/run/render-docs.mjs'
import { ROOT, readJson } from './source-scan.js'

const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'data', '.cache', 'coverage'])

/** Paths from the root, with slashes; what is built, fetched or stored is left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() ? [relative(ROOT, path).replaceAll('\\', '/')] : []
  })
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const files = filesBelow(ROOT)
const pages = files.filter((path) => path.endsWith('.md')).map((path) => ({ path, text: read(path) }))

describe('generated documentation', () => {
  it.each(renderDocs({ runtime, telemetry }, read))(
    '$path says what the sources declare; `npm run docs` writes it anew',
    ({ path, text }) => {
      expect(read(path)).toBe(text)
    },
  )
})

describe('commands in the documentation', () => {
  it('of npm are scripts of package.json', () => {
    const scripts = Object.keys(readJson('package.json')['scripts'] ?? {})
    const offenders = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run ([a-z][\w:-]*)|(test|start)\b)/g)]
        .map(([, named, short]) => named ?? short ?? '')
        .filter((name) => !scripts.includes(name))
        .map((name) => `${path}: npm run ${name}`),
    )
    expect(offenders).toEqual([])
    expect(pages.some(({ text }) => text.includes('npm run docs'))).toBe(true)
  })

  it('of sunpress exist, with all their options', async () => {
    const said = pages.flatMap(({ path, text }) => commandsIn(text).map((words) => ({ path, words })))
    const judged = await Promise.all(
      said.map(async ({ path, words }) => {
        const defect = await commandDefect(words)
        return defect === null ? [] : [`${path}: sunpress ${words.join(' ')}: ${defect}`]
      }),
    )
    expect(judged.flat()).toEqual([])
  })

  it('are told from what does not exist', async () => {
    expect(await commandDefect(['campaign', 'create', '--app', '--csv'])).toBeNull()
    expect(await commandDefect(['simulator', '--per-minute'])).toBeNull()
    expect(await commandDefect(['launch'])).toBe('no such command')
    expect(await commandDefect(['campaign', 'launch'])).toBe('no such command')
    expect(await commandDefect(['campaign', 'watch', '--fast'])).toBe('no option --fast')
    const text =
      'then `npx sunpress campaign watch <id> --json`\n\n```sh\nnpx sunpress up \\\n  --no-demo # all\n```\n'
    expect(commandsIn(text)).toEqual([
      ['campaign', 'watch', '--json'],
      ['up', '--no-demo'],
    ])
  })
})

describe('READMEs', () => {
  const folders = ['apps', 'packages'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
  )
  /** It is used by itself, so its README is its manual. */
  const LONGER = 'apps/simulator/README.md'

  it('stand in every package, of 40 lines at most', () => {
    const wanted = folders.filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    const offenders = wanted
      .map((folder) => `${folder}/README.md`)
      .filter((path) => !files.includes(path) || (path !== LONGER && read(path).split('\n').length > 41))
    expect(wanted.length).toBeGreaterThan(15)
    expect(offenders).toEqual([])
  })
})

describe('links', () => {
  it('of the documentation lead to files, and to headings that are there', () => {
    const offenders = pages.flatMap(({ path, text }) =>
      linksIn(text)
        .filter((link) => !isThere(path, link))
        .map((link) => `${path}: ${link}`),
    )
    expect(offenders).toEqual([])
  })

  it('to nowhere are seen', () => {
    expect(linksIn('[a](b.md), [c](https://d), ![e](f.png "g"), `[h](i)`')).toEqual(['b.md', 'f.png'])
    expect(isThere('docs/metrics.md', 'failures.md')).toBe(true)
    expect(isThere('docs/metrics.md', '#health')).toBe(true)
    expect(isThere('docs/metrics.md', 'nowhere.md')).toBe(false)
    expect(isThere('docs/metrics.md', '#nowhere')).toBe(false)
  })
})

describe('what a campaign waits for', () => {
  it.each(['docs/quota.md', 'docs/failures.md', 'ARCHITECTURE.md'])('stands in %s, each reason', (path) => {
    const rows = read(path)
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    // A word of the format that is not used: beyond a lifetime scenes are refused.
    const told = WAITING_REASONS.filter((reason) => reason !== 'lifetime_quota')
    const offenders = told.filter(
      (reason) => !rows.some((row) => row.split('|')[1]?.includes(`\`${reason}\``) === true),
    )
    expect(offenders).toEqual([])
  })
})

describe('files named in ARCHITECTURE.md and docs', () => {
  it('are there', () => {
    const named = pages
      .filter(({ path }) => path === 'ARCHITECTURE.md' || path.startsWith('docs/'))
      .flatMap(({ text }) => [...text.matchAll(/`((?:apps|packages|test|infra|docs)\/[\w./-]+)`/g)])
    const offenders = named.map(([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)))
    expect(named.length).toBeGreaterThan(40)
    expect(offenders).toEqual([])
  })
})

describe('docs/redis.md', () => {
  it('names every script', () => {
    const scripts = files.filter((path) => path.endsWith('.lua')).map((path) => basename(path, '.lua'))
    const words = new Set(read('docs/redis.md').match(/[a-z]+(?:-[a-z]+)*/g))
    expect(scripts.length).toBeGreaterThan(40)
    expect(scripts.filter((name) => !words.has(name))).toEqual([])
  })
})

describe('no file', () => {
  /** Behind what begins a path, so that `$folder/root` is none. */
  const machinePath = new RegExp(
    String.raw`(?:^|[\s'\x60(=:,]|(?<![\w}])")/(?:${['work', 'farm', 'root', 'Users'].join('|')})/\w`,
  )
  const registryHost = new RegExp(
    String.raw`https?://[^\s"'<>)/]*(?:${['registry', 'npmmirror', 'artifactory', 'nexus'].join('|')})`,
  )

  it('names a path of somebody’s machine, or a registry', () => {
    const offenders = files
      .filter((path) => !/\.(png|jpe?g|gz)$/.test(path))
      .flatMap((path) =>
        read(path)
          .split('\n')
          .flatMap((line, at) =>
            machinePath.test(line) || registryHost.test(line) ? [`${path}:${at + 1}`] : [],
          ),
      )
    expect(files.length).toBeGreaterThan(100)
    expect(offenders).toEqual([])
  })

  it('would pass with one', () => {
    const folder = ['', 'work', 'main'].join('/')
    expect(machinePath.test(`cd ${folder}`)).toBe(true)
    expect(machinePath.test(`{"path":"${folder}"}`)).toBe(true)
    expect(machinePath.test('"$partial"/root/usr/lib')).toBe(false)
    expect(registryHost.test(`https://${['registry', 'example.org'].join('.')}/x`)).toBe(true)
  })
})

/** The words of each `npx sunpress …`: subcommands, and options by their names alone. */
function commandsIn(text: string): string[][] {
  const joined = text.replace(/\\\n\s*/g, ' ')
  return [...joined.matchAll(/\bnpx sunpress((?: +[^\s`#|;&)]+)+)/g)].map(([, rest = '']) => {
    const words = rest.trim().split(/\s+/)
    const firstOther = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
    const names = words.slice(0, firstOther === -1 ? words.length : firstOther).slice(0, 2)
    const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=', 1)[0] ?? '')
    return [...names, ...options]
  })
}

/** Services are asked for no help: they would start. The simulator prints its own. */
const SERVICES: readonly string[] = ['producer', 'worker']

async function commandDefect(words: readonly string[]): Promise<string | null> {
  const options = words.filter((word) => word.startsWith('--'))
  let help = await helpOf([])
  const path: string[] = []
  for (const name of words.filter((word) => !word.startsWith('--'))) {
    // What follows a command without subcommands is an argument of its own.
    if (!help.includes('\nCommands:')) break
    if (!new RegExp(String.raw`^  ${name}\b`, 'm').test(help)) return 'no such command'
    path.push(name)
    help = SERVICES.includes(name) ? '' : await helpOf(path)
  }
  const missing = options.find((option) => !new RegExp(`${option}(?![\\w-])`).test(help))
  return missing === undefined ? null : `no option ${missing}`
}

async function helpOf(path: readonly string[]): Promise<string> {
  let text = ''
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const context: Context = { env: {}, stdin: process.stdin, stdout: output, stderr: output }
  await runSunpress([...path, '--help'], context)
  return text
}

/** Relative ones, without titles; those in code are none. */
function linksIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
}

function isThere(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? from : relative(ROOT, resolve(ROOT, dirname(from), path))
  if (!existsSync(join(ROOT, target))) return false
  return heading === undefined || headingsOf(read(target)).includes(heading)
}

/** As GitHub names them. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
