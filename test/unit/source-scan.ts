/** Reads the workspace's own sources as text: packages, their files, and what each file imports. Knows no rule. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  readonly specifier: string
  /** Imported by name; empty for `*`, side effects and `import()`. */
  readonly names: readonly string[]
}

export interface SourceFile {
  /** From the workspace's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  /** A test, or code that only tests use. */
  readonly forTests: boolean
}

export interface Package {
  /** Without its scope. */
  readonly name: string
  readonly folder: string
  readonly files: readonly SourceFile[]
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
  /** Names of the packages that its tsconfig.json refers to. */
  readonly references: readonly string[]
}

const CLAUSE = String.raw`(?:type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?)`
const FROM = new RegExp(String.raw`^\s*(?:import|export)\s+${CLAUSE}\s*from\s*['"]([^'"]+)['"]`, 'gm')
const BARE = /^\s*import\s*['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g

export function importsOf(text: string): Import[] {
  const from = [...text.matchAll(FROM)].map(([, clause = '', specifier = '']) => ({
    specifier,
    names: namesIn(clause),
  }))
  const others = [...text.matchAll(BARE), ...text.matchAll(DYNAMIC)]
  const all = [...from, ...others.map(([, specifier = '']) => ({ specifier, names: [] }))]
  // Text of a program that a test writes.
  return all.filter(({ specifier }) => !specifier.includes('${'))
}

function namesIn(clause: string): string[] {
  const listed = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
  const names = listed.split(',').map(
    (name) =>
      name
        .replace(/^\s*type\s/, '')
        .trim()
        .split(/\s+as\s+/)[0] ?? '',
  )
  return names.filter((name) => name !== '')
}

export function readWorkspace(): Package[] {
  return ['apps', 'packages'].flatMap((parent) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, parent, entry.name, 'package.json')))
      .map((entry) => readPackage(`${parent}/${entry.name}`)),
  )
}

function readPackage(folder: string): Package {
  const manifest = readJson(`${folder}/package.json`)
  const config = readJson(`${folder}/tsconfig.json`)
  const references = (config['references'] ?? []) as { path: string }[]
  return {
    name: unscoped(manifest['name'] as string),
    folder,
    files: [...filesUnder(`${folder}/src`), ...filesUnder(`${folder}/bin`)],
    dependencies: Object.keys(manifest['dependencies'] ?? {}),
    devDependencies: Object.keys(manifest['devDependencies'] ?? {}),
    references: references.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
  }
}

export function filesUnder(folder: string): SourceFile[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|m?js|lua)$/.test(entry.name))
    .filter((entry) => !/[\\/]node_modules([\\/]|$)/.test(entry.parentPath))
    .map((entry) => readSource(relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/')))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const forTests = /\.test\.ts$|\/testing\/|^test\/|^packages\/testkit\//.test(path)
  return { path, text, imports: importsOf(text), forTests }
}

export const readJson = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(ROOT, path), 'utf8'))

export const unscoped = (name: string): string => name.replace(/^@sunpress\//, '')

/** Where a relative import leads, from the workspace's root. */
export const resolved = (file: SourceFile, specifier: string): string =>
  relative(ROOT, resolve(ROOT, dirname(file.path), specifier)).replaceAll('\\', '/')

/** `@scope/name/inner/path` → `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
