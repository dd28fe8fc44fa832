/** Holds the sources to the layers: imports point down, never sideways or up. Each rule lists its offenders. */
import { describe, expect, it } from 'vitest'
import {
  filesUnder,
  type Import,
  importsOf,
  type Package,
  packageOf,
  readJson,
  readWorkspace,
  resolved,
  type SourceFile,
  unscoped,
} from './source-scan.js'

const LAYERS: readonly (readonly string[])[] = [
  ['core', 'image'],
  ['runtime', 'redis', 'http'],
  [
    'wechat',
    'quota',
    'storage',
    'queue',
    'ledger',
    'feed',
    'sources',
    'telemetry',
    'webhooks',
    'client',
    'reader',
  ],
  ['upkeep', 'audit'],
  ['producer', 'worker', 'simulator', 'cloudcall', 'cli', 'console'],
]
const layerOf = (name: string): number => LAYERS.findIndex((names) => names.includes(name))

/** May production code of one package import the other? */
function mayImport(from: string, to: string): boolean {
  if (from === 'simulator' || to === 'testkit') return false
  if (from === 'testkit') return layerOf(to) < layerOf('cli')
  if (from === 'core') return to === 'image'
  if (from === 'cli' && layerOf(to) === layerOf('cli')) return to !== 'cli'
  return layerOf(to) !== -1 && layerOf(to) < layerOf(from)
}

const workspace = readWorkspace()
const everyFile = workspace.flatMap((one) => one.files)
const production = everyFile.filter((file) => !file.forTests)
const tests = filesUnder('test')

interface Found {
  readonly file: SourceFile
  readonly by: Package
  readonly what: Import
}

const importsIn = (wanted: (file: SourceFile) => boolean): Found[] =>
  workspace.flatMap((by) =>
    by.files.filter(wanted).flatMap((file) => file.imports.map((what) => ({ file, by, what }))),
  )

const isOurs = ({ what }: Found): boolean => what.specifier.startsWith('@sunpress/')
const isRelative = ({ what }: Found): boolean => what.specifier.startsWith('.')
const isThirdParty = (found: Found): boolean =>
  !isOurs(found) && !isRelative(found) && !found.what.specifier.startsWith('node:')
const told = (found: readonly Found[]): string[] =>
  found.map(({ file, what }) => `${file.path}: ${what.specifier}`)

/** Lines that aren't comments and match, as `path:line`. */
const linesWith = (files: readonly SourceFile[], pattern: RegExp): string[] =>
  files.flatMap((file) =>
    file.text.split('\n').flatMap((line, i) => {
      const code = /^\s*(\*|\/\/|\/\*|--)/.test(line) ? '' : line
      return pattern.test(code) ? [`${file.path}:${i + 1}`] : []
    }),
  )

describe('the layers', () => {
  it('know every package', () => {
    const unknown = workspace
      .map((one) => one.name)
      .filter((name) => name !== 'testkit' && layerOf(name) === -1)
    expect(unknown).toEqual([])
    expect(workspace.length).toBeGreaterThan(15)
  })

  it('are kept by production code: imports point down', () => {
    const offenders = importsIn((file) => !file.forTests)
      .filter(isOurs)
      .filter(({ by, what }) => !mayImport(by.name, unscoped(packageOf(what.specifier))))
    expect(told(offenders)).toEqual([])
  })

  it('are kept by the tables of dependencies too', () => {
    const offenders = workspace.flatMap((one) =>
      one.dependencies
        .filter((name) => name.startsWith('@sunpress/') && !mayImport(one.name, unscoped(name)))
        .map((name) => `${one.folder}: ${name}`),
    )
    expect(offenders).toEqual([])
  })

  it('allow down, and neither sideways nor up', () => {
    const allowed = [
      'core image',
      'redis core',
      'quota redis',
      'storage image',
      'upkeep feed',
      'cli producer',
    ]
    const refused = [
      'image core',
      'redis http',
      'quota redis2',
      'feed ledger',
      'core runtime',
      'worker producer',
    ]
    const more = [
      'upkeep worker',
      'simulator core',
      'wechat testkit',
      'testkit worker',
      'cli cli',
      'redis quota',
    ]
    const pairs = (texts: readonly string[]) => texts.map((text) => text.split(' ') as [string, string])
    expect(pairs(allowed).filter(([from, to]) => !mayImport(from, to))).toEqual([])
    expect(pairs([...refused, ...more]).filter(([from, to]) => mayImport(from, to))).toEqual([])
  })

  it("let the cli have only the other apps' run", () => {
    const apps = LAYERS.at(-1) ?? []
    const offenders = importsIn((file) => !file.forTests)
      .filter(({ by, what }) => by.name === 'cli' && apps.includes(unscoped(what.specifier)))
      .filter(({ what }) => what.names.some((name) => !/^run|^Run/.test(name)))
    expect(told(offenders)).toEqual([])
  })
})

describe('a package', () => {
  it('is imported by its name alone, never by an inner path; tests may have its testing code', () => {
    const offenders = importsIn(() => true)
      .filter(isOurs)
      .filter(({ file, what }) => !(file.forTests && /^@sunpress\/[a-z]+\/testing$/.test(what.specifier)))
      .filter(({ what }) => packageOf(what.specifier) !== what.specifier)
    expect(told(offenders)).toEqual([])
  })

  it('is not entered by a relative path from outside', () => {
    const offenders = importsIn(() => true)
      .filter(isRelative)
      .filter(({ file, by, what }) => !resolved(file, what.specifier).startsWith(`${by.folder}/`))
      .filter(({ file, what }) => !(file.forTests && resolved(file, what.specifier).startsWith('test/')))
    expect(told(offenders)).toEqual([])
  })

  it('does not import its own index, nor itself by name', () => {
    const offenders = importsIn(() => true).filter(
      ({ file, by, what }) =>
        unscoped(what.specifier) === by.name ||
        (what.specifier.startsWith('.') && resolved(file, what.specifier) === `${by.folder}/src/index.js`),
    )
    expect(told(offenders)).toEqual([])
  })

  it('writes relative imports with .js, and built-in modules with node:', () => {
    const builtIn =
      /^(assert|buffer|child_process|crypto|events|fs|http|https|net|os|path|stream|timers|tls|url|util|zlib)(\/|$)/
    const offenders = importsIn(() => true).filter(
      ({ what }) => builtIn.test(what.specifier) || /^\..*(?<!\.js|\.mjs|\.json)$/.test(what.specifier),
    )
    expect(told(offenders)).toEqual([])
  })

  it.each(workspace.map((one) => [one.name, one] as const))(
    '%s depends on what it imports, and on nothing else',
    (_, one) => {
      const imported = (forTests: boolean): string[] => {
        const found = importsIn((file) => file.forTests === forTests).filter(({ by }) => by === one)
        const names = found
          .filter((each) => isOurs(each) || isThirdParty(each))
          .map(({ what }) => packageOf(what.specifier))
        return [...new Set(names)].sort()
      }
      const inProduction = one.name === 'testkit' ? imported(true) : imported(false)
      const known = new Set([...one.dependencies, ...one.devDependencies, ...rootDevDependencies])
      expect([...one.dependencies].sort()).toEqual(inProduction)
      expect(imported(true).filter((name) => !known.has(name))).toEqual([])
    },
  )

  it('is referred to by the tsconfig of whoever depends on it', () => {
    const offenders = workspace.flatMap((one) => {
      const wanted = one.dependencies.filter((name) => name.startsWith('@sunpress/')).map(unscoped)
      return wanted.filter((name) => !one.references.includes(name)).map((name) => `${one.folder}: ${name}`)
    })
    expect(offenders).toEqual([])
  })
})

const rootDevDependencies = Object.keys(readJson('package.json')['devDependencies'] ?? {})

describe('what only some may', () => {
  it('closeCode is imported by the storage package and by testing code alone', () => {
    const offenders = importsIn((file) => !file.forTests)
      .filter(({ what }) => what.names.includes('closeCode'))
      .filter(({ by }) => by.name !== 'storage')
    expect(told(offenders)).toEqual([])
    const mentions = linesWith(production, /\bcloseCode\b/).map((line) =>
      line.split('/').slice(0, 2).join('/'),
    )
    expect([...new Set(mentions)].sort()).toEqual(['packages/core', 'packages/storage'])
  })

  it('testkit is imported by tests alone', () => {
    const offenders = importsIn(
      (file) => !file.forTests && !file.path.startsWith('packages/testkit/'),
    ).filter(({ what }) => packageOf(what.specifier) === '@sunpress/testkit')
    expect(told(offenders)).toEqual([])
    const listed = workspace
      .filter((one) => one.dependencies.includes('@sunpress/testkit'))
      .map((one) => one.name)
    expect(listed).toEqual([])
  })

  it('testing code is imported by tests alone', () => {
    const offenders = importsIn((file) => !file.forTests).filter(({ what }) =>
      /\/testing\/|\.test\.js$/.test(what.specifier),
    )
    expect(told(offenders)).toEqual([])
  })

  it('nobody exports a default', () => {
    const files = [...everyFile, ...tests].filter((file) => !/global-setup\.ts$/.test(file.path))
    expect(linesWith(files, /^\s*export\s+default\b|\bas\s+default\b/)).toEqual([])
  })

  it('process.exit is called by main and by the lifecycle alone', () => {
    const files = production.filter((file) => !/\/(main|lifecycle|run-until-signal)\.ts$/.test(file.path))
    expect(linesWith(files, /\bprocess\s*\.\s*(exit|reallyExit|abort)\s*\(/)).toEqual([])
  })

  it('key names are spelled in redis/keys.ts alone', () => {
    const keys = production.find((file) => file.path === 'packages/redis/src/keys.ts')
    const suffixes = [...(keys?.text ?? '').matchAll(/\}:([a-z-]+)/g)].map(([, suffix]) => suffix)
    expect(suffixes).toContain('generation')
    const keyName = new RegExp(String.raw`:\{(\$\{|[a-z]+\}:)|['"\x60]bull:|\}:(${suffixes.join('|')})\b`)
    expect(
      linesWith(
        production.filter((file) => file !== keys && !file.path.startsWith('apps/simulator/')),
        keyName,
      ),
    ).toEqual([])
  })

  it('scripts hold no literal key name', () => {
    const scripts = workspace.flatMap((one) => filesUnder(`${one.folder}/lua`))
    expect(scripts.length).toBeGreaterThan(5)
    expect(linesWith(scripts, /redis\.p?call\(\s*['"](?!INFO|TIME)\w+['"]\s*,\s*['"]/i)).toEqual([])
  })
})

describe('the scan', () => {
  it('sees imports of every form', () => {
    const text = [
      "import { a, type B as C } from './one.js'",
      "import type { D } from '@sunpress/core'",
      "import * as e from 'node:fs'",
      "import f, { g } from 'six'",
      "import './seven.js'",
      "export * from './eight.js'",
      "export { h as i } from './nine.js'",
      "export type { J } from './ten.js'",
      "const k = await import('eleven')",
      'import {\n  l,\n  m,\n} from "twelve"',
      "// import { n } from 'no'",
    ].join('\n')
    expect(importsOf(text).map(({ specifier, names }) => [specifier, ...names])).toEqual([
      ['./one.js', 'a', 'B'],
      ['@sunpress/core', 'D'],
      ['node:fs'],
      ['six', 'g'],
      ['./eight.js'],
      ['./nine.js', 'h'],
      ['./ten.js', 'J'],
      ['twelve', 'l', 'm'],
      ['./seven.js'],
      ['eleven'],
    ])
  })

  it('has read the workspace', () => {
    expect(production.length).toBeGreaterThan(50)
    expect(importsIn(() => true).filter(isOurs).length).toBeGreaterThan(20)
  })
})
