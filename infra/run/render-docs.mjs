// @ts-check
/**
 * The parts of the documentation that say what code declares: variables and metrics. Pure: texts in, texts out; the tables are
 * handed in, so that the test renders from the sources and the script from what was built.
 */

/**
 * @typedef {object} Declared
 * @property {typeof import('../../packages/runtime/src/index.js')} runtime
 * @property {typeof import('../../packages/telemetry/src/index.js')} telemetry
 */

export const ENV_EXAMPLE = '.env.example'
export const CONFIGURATION = 'docs/configuration.md'
export const METRICS = 'docs/metrics.md'

/**
 * @param {Declared} declared
 * @param {(path: string) => string} read the committed text of a file, by its path from the root
 * @returns {{ path: string, text: string }[]} all files as they ought to be
 */
export function renderDocs({ runtime, telemetry }, read) {
  const variables = runtime.describeConfig({
    producer: runtime.PRODUCER_TABLE,
    worker: runtime.WORKER_TABLE,
    up: runtime.UP_TABLE,
    commands: runtime.CLIENT_TABLE,
  })
  const table = runtime.renderConfigTable(variables)
  return [
    { path: ENV_EXAMPLE, text: ENV_HEAD + runtime.renderEnvExample(variables) },
    { path: CONFIGURATION, text: between(CONFIGURATION, read(CONFIGURATION), table) },
    { path: METRICS, text: between(METRICS, read(METRICS), metricsTable(telemetry.CATALOGUE)) },
  ]
}

const ENV_HEAD = `# Every variable that Sunpress reads, with its default. \`npm run docs\` writes this file: change
# packages/runtime/src/variables.ts instead. What each process reads: docs/configuration.md.

`

const BEGIN = '<!-- written by `npm run docs`: begin -->'
const END = '<!-- written by `npm run docs`: end -->'

/** @param {string} path @param {string} text @param {string} table */
function between(path, text, table) {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from === -1 || to < from)
    throw new Error(`${path}: expected a line ${BEGIN} and behind it a line ${END}`)
  return `${text.slice(0, from + BEGIN.length)}\n\n${aligned(table)}\n\n${text.slice(to)}`
}

/** Columns as wide as their widest cell: what the formatter makes of a table. @param {string} table */
function aligned(table) {
  const rows = table
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const widthOf = (/** @type {number} */ column) =>
    Math.max(...rows.map((row, at) => (at === 1 ? 3 : (row[column] ?? '').length)))
  const widths = (rows[0] ?? []).map((_, column) => widthOf(column))
  const line = (/** @type {string[]} */ row, /** @type {string} */ fill) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`
  return rows.map((row, at) => line(row, at === 1 ? '-' : ' ')).join('\n')
}

/** @param {Readonly<Record<string, import('../../packages/telemetry/src/index.js').MetricDeclaration>>} catalogue */
function metricsTable(catalogue) {
  const rows = Object.values(catalogue).map(
    ({ kind, name, help, labels }) => `| \`${name}\` | ${kind} | ${labelsOf(labels)} | ${help} |`,
  )
  return ['| metric | kind | labels | what it counts |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** @param {import('../../packages/telemetry/src/index.js').MetricDeclaration['labels']} labels */
const labelsOf = (labels) =>
  Object.entries(labels)
    .map(([name, values]) => (values === 'open' ? `\`${name}\`` : `\`${name}\` (${values.join(', ')})`))
    .join('; ')
