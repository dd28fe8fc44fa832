/**
 * From the options of `campaign create` to the request. Pure: judges only what makes a request possible (one source, whole
 * numbers); what a campaign may say is the producer's to judge.
 */
import type { CampaignFields, CampaignRequest, Look, RowStream } from '@sunpress/client'
import { InvalidArgumentError } from 'commander'

export interface CampaignOptions
  extends Pick<Look, 'endpoint' | 'page' | 'width' | 'envVersion' | 'epoch' | 'format'> {
  readonly app: string
  readonly name?: string
  readonly color?: LineColor | 'auto'
  readonly hyaline?: true
  /** commander's reading of --no-check-path: true unless given. */
  readonly checkPath: boolean
  readonly priority?: number
  readonly skipBadRows?: true
  readonly canary?: number
  /** commander's reading of --no-lifetime-guard: true unless given. */
  readonly lifetimeGuard?: boolean
  readonly csv?: string
  readonly ndjson?: string
  readonly scenes?: readonly string[]
  readonly range?: string
  readonly from?: number
  readonly to?: number
}

export type LineColor = NonNullable<Look['lineColor']>

export type PlannedRequest =
  | { readonly kind: 'whole'; readonly request: CampaignRequest }
  /** `file`: a path, or `-` for stdin. */
  | {
      readonly kind: 'stream'
      readonly fields: CampaignFields
      readonly type: RowStream['type']
      readonly file: string
    }

const SOURCES = ['csv', 'ndjson', 'scenes', 'range'] as const

/** Throws InvalidArgumentError, whose message is for the person who typed. */
export function planCampaignRequest(options: CampaignOptions): PlannedRequest {
  const given = SOURCES.filter((name) => options[name] !== undefined)
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.map((name) => `--${name}`).join(' and ')
    throw new InvalidArgumentError(`expected one of --csv, --ndjson, --scenes and --range, got ${got}`)
  }
  if ((options.from !== undefined || options.to !== undefined) && options.range === undefined) {
    throw new InvalidArgumentError('--from and --to belong to --range')
  }
  const { csv, ndjson, scenes } = options
  const fields = fieldsOf(options)
  if (csv !== undefined) return { kind: 'stream', fields, type: 'text/csv', file: csv }
  if (ndjson !== undefined) return { kind: 'stream', fields, type: 'application/x-ndjson', file: ndjson }
  if (scenes !== undefined) return { kind: 'whole', request: { ...fields, scenes } }
  return { kind: 'whole', request: { ...fields, range: rangeOf(options) } }
}

function fieldsOf(options: CampaignOptions): CampaignFields {
  const { app, name, priority, skipBadRows, canary, lifetimeGuard } = options
  return {
    app,
    ...(name === undefined ? {} : { name }),
    ...(priority === undefined ? {} : { priority }),
    ...(skipBadRows === undefined ? {} : { badRows: 'skip' }),
    ...(canary === undefined ? {} : { canary }),
    ...(lifetimeGuard === false ? { lifetimeGuard } : {}),
    look: lookOf(options),
  }
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
  if (template === undefined || from === undefined || to === undefined) {
    throw new InvalidArgumentError('--range wants --from and --to')
  }
  return { template, from, to }
}

export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number, 0 or above')
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
