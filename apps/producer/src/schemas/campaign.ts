/** Campaigns as the API takes and gives them. Values are judged by core; campaign-request.test.ts holds the two together. */
import {
  ENV_VERSIONS,
  FORMATS,
  LOOK_ENDPOINTS,
  MAX_PRIORITY,
  MAX_WIDTH,
  MIN_PRIORITY,
  MIN_WIDTH,
  WAITING_REASONS,
} from '@sunpress/core'
import { type Static, type TSchema, Type } from 'typebox'
import { listOf, nullable, Time } from './common.js'

const Byte = Type.Integer({ minimum: 0, maximum: 255 })
export const oneOf = <const T extends readonly string[]>(names: T, options = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: names, ...options })

export const MOST_NAME_CHARACTERS = 200

export const App = Type.String({ pattern: '^wx[0-9a-f]{16}$' })
const Page = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description: 'Without leading slash and without query',
})
const Name = Type.String({ minLength: 1, maxLength: MOST_NAME_CHARACTERS, description: 'By default the id' })
export const Priority = Type.Integer({
  minimum: MIN_PRIORITY,
  maximum: MAX_PRIORITY,
  default: 5,
  description: '9 goes first',
})
export const BadRows = oneOf(['refuse', 'skip'], {
  default: 'refuse',
  description:
    'refuse: one bad row and no campaign is made; skip: bad rows are left out, counted, and listed under /bad-rows',
})

const CanaryCount = Type.Integer({
  minimum: 1,
  description: 'After so many scenes it pauses, until a resume lets the rest go',
})

export const LOOK_FIELDS = {
  endpoint: oneOf(LOOK_ENDPOINTS, { default: 'unlimited' }),
  page: Page,
  checkPath: Type.Boolean({ default: true }),
  envVersion: oneOf(ENV_VERSIONS, { default: 'release' }),
  width: Type.Integer({ minimum: MIN_WIDTH, maximum: MAX_WIDTH, default: 430 }),
  autoColor: Type.Boolean({ default: false }),
  lineColor: Type.Object({ r: Byte, g: Byte, b: Byte }, { additionalProperties: false }),
  hyaline: Type.Boolean({ default: false }),
  epoch: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
  format: oneOf(FORMATS, { description: 'png when hyaline, else jpg: WeChat sends no other' }),
}

const Scene = Type.Union([
  Type.String(),
  Type.Object(
    {
      scene: Type.String(),
      page: Type.Optional(Page),
      ref: Type.Optional(Type.String()),
      caption: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
])

const Range = Type.Object(
  {
    template: Type.String({ description: '{n} is the number, {n:5} the same padded with zeros' }),
    from: Type.Integer({ minimum: 0 }),
    to: Type.Integer({ minimum: 0, description: 'Inclusive' }),
  },
  { additionalProperties: false },
)

const EXAMPLE = {
  app: 'wx0123456789abcdef',
  name: 'stores',
  look: { page: 'pages/index/index' },
  scenes: ['s=1', { scene: 's=2', ref: 'SHOP-2' }],
}

const Heals = Type.String({
  description: 'A campaign whose defective pictures are printed again: its events say code.replaced',
})

const LifetimeGuard = Type.Boolean({
  description:
    'false: the campaign may use up the lifetime quota of the limited endpoints; by default it is refused beyond 95 %',
})

export const CampaignRequest = Type.Object(
  {
    app: App,
    name: Type.Optional(Name),
    priority: Type.Optional(Priority),
    look: Type.Optional(Type.Partial(Type.Object(LOOK_FIELDS), { additionalProperties: false })),
    badRows: Type.Optional(BadRows),
    canary: Type.Optional(CanaryCount),
    heals: Type.Optional(Heals),
    lifetimeGuard: Type.Optional(LifetimeGuard),
    scenes: Type.Optional(
      Type.Array(Scene, { minItems: 1, description: 'Either these or a range; 10 MB in all' }),
    ),
    range: Type.Optional(Range),
  },
  { $id: 'CampaignRequest', additionalProperties: false, examples: [EXAMPLE] },
)
export type CampaignRequest = Static<typeof CampaignRequest>

const QUERY_FIELDS: Readonly<Record<string, TSchema>> = {
  app: App,
  name: Name,
  priority: Priority,
  badRows: BadRows,
  canary: CanaryCount,
  heals: Heals,
  lifetimeGuard: LifetimeGuard,
  ...LOOK_FIELDS,
  lineColor: Type.String({ pattern: '^[0-9]{1,3},[0-9]{1,3},[0-9]{1,3}$', description: 'r,g,b' }),
  dryRun: Type.Boolean({ description: 'true: nothing is made, the answer is what it would come to' }),
}

/** The default goes into words: the page under /docs would send any other, and with a JSON body that is refused. */
function asParameter(schema: TSchema): TSchema {
  const { default: byDefault, description, ...rest } = schema as TSchema & Readonly<Record<string, unknown>>
  const words =
    byDefault === undefined ? [] : [`${description === undefined ? 'By' : 'by'} default ${byDefault}`]
  const said = [...(description === undefined ? [] : [description]), ...words].join('; ')
  return { ...rest, ...(said === '' ? {} : { description: said }) } as TSchema
}

/** For streamed bodies: the same fields as query parameters, `lineColor=0,0,0`. Judged by the same parser as JSON. */
export const CampaignQuery = Type.Partial(
  Type.Object(
    Object.fromEntries(Object.entries(QUERY_FIELDS).map(([name, schema]) => [name, asParameter(schema)])),
  ),
)

const Count = Type.Integer({ minimum: 0 })

export const Campaign = Type.Object(
  {
    id: Type.String({ description: 'A ULID' }),
    app: Type.String(),
    name: Type.String(),
    priority: Type.Integer(),
    state: oneOf(['planning', 'running', 'paused', 'completed', 'cancelled', 'failed']),
    waitingReason: nullable(
      Type.String({
        description: `Why it makes no progress; null when nothing waits. One of ${WAITING_REASONS.join(', ')}; more may come`,
      }),
    ),
    waitingUntil: nullable(Time, {
      description: 'When it goes on; null where it waits for somebody, or nobody knows',
    }),
    etaSeconds: nullable(Type.Integer({ minimum: 0 }), {
      description: 'Until nothing is pending any more, as far as is known',
    }),
    counts: Type.Object(
      {
        total: Count,
        published: Count,
        reused: Count,
        refused: Count,
        cancelled: Count,
        pending: Count,
        skipped: Count,
      },
      {
        description:
          'total = published + refused + cancelled + pending; reused is part of published; skipped bad rows are outside of total',
      },
    ),
    ignoredColumns: Type.Optional(
      Type.Array(Type.String(), { description: 'Columns of the CSV that were left out' }),
    ),
    createdAt: Time,
    finishedAt: nullable(Time),
  },
  { $id: 'Campaign' },
)
export type Campaign = Static<typeof Campaign>

export const Plan = Type.Object(
  {
    app: Type.String(),
    rows: Count,
    invalidRows: Type.Integer({ minimum: 0, description: 'Rows that can never be printed, outside of rows' }),
    errors: Type.Array({ $ref: 'BadRow#' } as unknown as TSchema, {
      description: 'The first 100 invalid rows',
    }),
    duplicates: Type.Integer({ minimum: 0, description: 'Rows that ask for the picture of an earlier one' }),
    alreadyPublished: Count,
    calls: Type.Integer({ minimum: 0, description: 'To WeChat, when each succeeds at once' }),
    estimated: Type.Boolean({ description: 'alreadyPublished and calls are counted from a sample' }),
    perMinute: nullable(Type.Integer(), { description: 'Calls that this app may make; null: not known' }),
    days: nullable(Type.Integer(), { description: 'Days that it takes; null: not known' }),
    etaSeconds: nullable(Type.Integer({ minimum: 0 }), {
      description: 'Beside what is printed now, with the calls of today and the holds that stand',
    }),
    finishAt: nullable(Time),
    storage: Type.Object({
      bytes: Count,
      bytesEach: Count,
      seen: Type.Boolean({ description: 'false: by a formula' }),
      by: oneOf(['pictures', 'recent', 'formula'], {
        description:
          "pictures: those of these scenes that stand in the store; recent: the app's last ones of this format and width; formula: of the format, by the width",
      }),
    }),
    lifetime: nullable(
      Type.Object({
        used: Count,
        fresh: Type.Integer({
          minimum: 0,
          description: 'New ones: those made before are free, whatever the epoch',
        }),
        after: Count,
        limit: Count,
        whole: Type.Boolean({
          description: 'false: more would be new than there can be, and the rest was not counted',
        }),
        allowed: Type.Boolean({
          description: 'false: refused (lifetime_quota) unless lifetimeGuard is false',
        }),
      }),
      {
        description:
          'Codes of the limited endpoints, ever; null for getwxacodeunlimit, and while nobody knows',
      },
    ),
  },
  { $id: 'Plan' },
)
export type Plan = Static<typeof Plan>

export const CampaignList = listOf('CampaignList', 'Campaign')

export const Canary = Type.Object(
  {
    canary: nullable(Type.Integer(), {
      description: 'Scenes that are printed before it pauses; null: it does not',
    }),
    same: Type.Integer({
      description: 'Byte for byte as in the epoch before: WeChat still answers with the old ones',
    }),
    different: Type.Integer(),
    items: Type.Array(
      Type.Object({
        index: Type.Integer(),
        scene: Type.String(),
        url: Type.String(),
        before: nullable(Type.Object({ epoch: Type.Integer(), url: Type.String() }), {
          description: 'Its newest picture of an earlier epoch',
        }),
        same: nullable(Type.Boolean()),
      }),
    ),
  },
  { $id: 'Canary' },
)
