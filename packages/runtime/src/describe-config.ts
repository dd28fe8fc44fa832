/** The tables as people read them: `.env.example` and the table of docs/configuration.md are printed from here. */
import type { ConfigTable, Variable } from './config-table.js'

export interface DescribedVariable {
  readonly name: string
  readonly doc: string
  readonly expected: string
  readonly unit: string | null
  readonly secret: boolean
  /** Process → default as written, null where it has none. */
  readonly fallbacks: Readonly<Record<string, string | null>>
  /** Without it some process doesn't start. */
  readonly required: boolean
}

/** `tables` by the name of their process; each variable comes once, in the order of its first table. */
export function describeConfig(tables: Readonly<Record<string, ConfigTable>>): DescribedVariable[] {
  const uses = Object.entries(tables).flatMap(([role, table]) =>
    Object.values(table).map((declared) => ({ role, declared })),
  )
  const names = [...new Set(uses.map(({ declared }) => declared.name))]
  return names.map((name) => describe(uses.filter(({ declared }) => declared.name === name)))
}

type Use = { readonly role: string; readonly declared: Variable<unknown> }

function describe(uses: readonly Use[]): DescribedVariable {
  const [first] = uses
  if (first === undefined) throw new TypeError('a variable that no table uses')
  const { name, doc, parser, unit } = first.declared
  return {
    name,
    doc,
    expected: parser.expected,
    unit: unit ?? null,
    secret: parser.secret === true,
    fallbacks: Object.fromEntries(uses.map(({ role, declared }) => [role, declared.fallback ?? null])),
    required: uses.some(
      ({ declared }) => declared.fallback === undefined && declared.parser.absent === undefined,
    ),
  }
}

/** One commented-out line a variable, under its doc line. */
export function renderEnvExample(variables: readonly DescribedVariable[]): string {
  const blocks = variables.map((described) => {
    const value = Object.values(described.fallbacks).find((fallback) => fallback !== null) ?? ''
    const line = `${described.name}=${value}`
    return `# ${described.doc}${unitOf(described)}.\n${described.required ? line : `#${line}`}\n`
  })
  return blocks.join('\n')
}

export function renderConfigTable(variables: readonly DescribedVariable[]): string {
  const rows = variables.map((described) => {
    const cells = [
      `\`${described.name}\``,
      described.doc + unitOf(described),
      expectedOf(described),
      fallbackOf(described),
    ]
    const roles = Object.keys(described.fallbacks).join(', ')
    return `| ${[...cells, roles].map(escapeCell).join(' | ')} |`
  })
  return ['| variable | meaning | value | default | read by |', '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  )
}

const unitOf = ({ unit }: DescribedVariable): string => (unit === null ? '' : ` (${unit})`)

const expectedOf = ({ expected, secret }: DescribedVariable): string =>
  secret ? `${expected}; never printed` : expected

/** One default where all processes agree, else each with its process. */
function fallbackOf({ fallbacks, required }: DescribedVariable): string {
  if (required) return 'required'
  const shown = Object.entries(fallbacks).map(([role, fallback]) => [
    role,
    fallback === null ? 'none' : `\`${fallback}\``,
  ])
  const [first] = shown
  if (first === undefined || shown.every(([, fallback]) => fallback === first[1])) return first?.[1] ?? 'none'
  return shown.map((cells) => cells.join(' ')).join(', ')
}

const escapeCell = (cell: string): string => cell.replaceAll('|', '\\|')
