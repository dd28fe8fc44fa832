/**
 * From the options of `campaign create` to the request. Pure: judges only what makes a request possible (one source, whole
 * numbers); what a campaign may say is the producer's to judge.
 */
import { InvalidArgumentError } from 'commander'

export interface CampaignOptions {
  readonly app: string
  readonly name: string
  readonly endpoint?: string
  readonly page?: string
  readonly width?: number
  readonly color?: LineColor | 'auto'
  readonly hyaline?: true
  readonly envVersion?: string
  readonly epoch?: number
  readonly format?: string
  /** commander's reading of --no-check-path: true unless given. */
  readonly checkPath: boolean
  readonly priority?: number
  readonly skipBadRows?: true
  readonly csv?: string
  readonly ndjson?: string
  readonly scenes?: readonly string[]
  readonly range?: string
  readonly from?: number
  readonly to?: number
}

export interface LineColor {
  readonly r: number
  readonly g: number
  readonly b: number
}

export interface CampaignRequest {
  readonly contentType: 'application/json' | 'text/csv' | 'application/x-ndjson'
  readonly query: Readonly<Record<string, string>>
  /** null when the rows are streamed from `file`. */
  readonly body: unknown
  /** A path, or `-` for stdin. */
  readonly file: string | null
}

const SOURCES = ['csv', 'ndjson', 'scenes', 'range'] as const

/** Throws InvalidArgumentError, whose message is for the person who typed. */
export function planCampaignRequest(options: CampaignOptions): CampaignRequest {
  const given = SOURCES.filter((name) => options[name] !== undefined)
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.map((name) => `--${name}`).join(' and ')
    throw new InvalidArgumentError(`expected one of --csv, --ndjson, --scenes and --range, got ${got}`)
  }
  if ((options.from !== undefined || options.to !== undefined) && options.range === undefined) {
    throw new InvalidArgumentError('--from and --to belong to --range')
  }
  if (options.csv !== undefined) return streamed('text/csv', options, options.csv)
  if (options.ndjson !== undefined) return streamed('application/x-ndjson', options, options.ndjson)
  const source = options.scenes === undefined ? { range: rangeOf(options) } : { scenes: options.scenes }
  return {
    contentType: 'application/json',
    query: {},
    body: { ...headOf(options), look: lookOf(options), ...source },
    file: null,
  }
}

function streamed(
  contentType: CampaignRequest['contentType'],
  options: CampaignOptions,
  file: string,
): CampaignRequest {
  const { lineColor, ...look } = lookOf(options)
  const fields: Record<string, unknown> = {
    ...headOf(options),
    ...look,
    ...(lineColor === undefined ? {} : { lineColor: `${lineColor.r},${lineColor.g},${lineColor.b}` }),
  }
  const query = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
  return { contentType, query, body: null, file }
}

function headOf({ app, name, priority, skipBadRows }: CampaignOptions) {
  return {
    app,
    name,
    ...(priority === undefined ? {} : { priority }),
    ...(skipBadRows === undefined ? {} : { badRows: 'skip' }),
  }
}

type Look = Pick<
  CampaignOptions,
  'endpoint' | 'page' | 'envVersion' | 'width' | 'hyaline' | 'epoch' | 'format'
> & {
  readonly checkPath?: false
  readonly autoColor?: true
  readonly lineColor?: LineColor
}

/** Only what was asked for: the defaults are the producer's. */
function lookOf(options: CampaignOptions): Look {
  const { endpoint, page, width, color, hyaline, envVersion, epoch, format, checkPath } = options
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(page === undefined ? {} : { page }),
    ...(checkPath ? {} : { checkPath: false }),
    ...(envVersion === undefined ? {} : { envVersion }),
    ...(width === undefined ? {} : { width }),
    ...(color === 'auto' ? { autoColor: true } : color === undefined ? {} : { lineColor: color }),
    ...(hyaline === undefined ? {} : { hyaline }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(format === undefined ? {} : { format }),
  }
}

function rangeOf({ range: template, from, to }: CampaignOptions) {
  if (from === undefined || to === undefined) {
    throw new InvalidArgumentError('--range wants --from and --to')
  }
  return { template, from, to }
}

export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

/** Whole seconds since 1970, or a number chosen by whoever prints. */
export const parseEpoch = (text: string, nowMs: () => number = Date.now): number =>
  text === 'now' ? Math.floor(nowMs() / 1000) : parseWhole(text)

export function parseColor(text: string): LineColor | 'auto' {
  if (text === 'auto') return 'auto'
  const parts = text.split(',')
  if (parts.length !== 3 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw new InvalidArgumentError('expected r,g,b, each from 0 to 255, or auto')
  }
  const [r = 0, g = 0, b = 0] = parts.map(Number)
  return { r, g, b }
}

/** A scene may hold a comma: then it wants a file. */
export const parseScenes = (text: string): readonly string[] =>
  text
    .split(',')
    .map((scene) => scene.trim())
    .filter((scene) => scene !== '')
