/** Schedules and their nights as the API takes and gives them. Values are judged by core. */
import { MAX_PRIORITY, MIN_PRIORITY } from '@sunpress/core'
import { type Static, Type } from 'typebox'
import { App, BadRows, LOOK_FIELDS, oneOf, Priority } from './campaign.js'
import { listOf, nullable, Time } from './common.js'

const LocalTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'HH:MM' })
const Window = Type.Object({ from: LocalTime, to: LocalTime }, { additionalProperties: false })
const Format = oneOf(['csv', 'ndjson'])

const Source = Type.Union([
  Type.Object(
    {
      kind: oneOf(['object']),
      key: Type.String({
        description: "A file of the store under sources/; {yyyy}, {mm} and {dd} are the night's local date",
      }),
      format: Format,
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: oneOf(['url']),
      url: Type.String({ description: 'https; with the same placeholders' }),
      format: Format,
      headers: Type.Optional(
        Type.Record(Type.String(), Type.String(), {
          description: 'Where the values are kept: env:SOURCE_NAME, or file:/path in SUNPRESS_SOURCE_SECRETS',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: oneOf(['range']),
      template: Type.String({ description: '{n} is the number, {n:5} the same padded with zeros' }),
      from: Type.Integer({ minimum: 0 }),
      to: Type.Integer({ minimum: 0, description: 'Inclusive' }),
    },
    { additionalProperties: false },
  ),
])

const Cron = Type.String({
  description: 'minute hour day month weekday; one minute and one hour: a schedule has one run a day',
})
const TimeZone = Type.String({ description: 'IANA name' })
const Deadline = Type.String({
  description:
    'Until when a source that fails is tried: 6h or 90m after the beginning, or the next local 06:00',
})
const Missed = oneOf(['run_once', 'skip'], {
  default: 'run_once',
  description: 'What becomes of a night at which nobody was there',
})
const CampaignName = Type.String({ minLength: 1, maxLength: 200, description: 'With the same placeholders' })
const Paused = Type.Boolean({ default: false })

const EXAMPLE = {
  app: 'wx0123456789abcdef',
  cron: '30 2 * * *',
  timeZone: 'Asia/Shanghai',
  window: { from: '01:00', to: '06:00' },
  deadline: '05:30',
  look: { page: 'pages/index/index' },
  badRows: 'skip',
  source: {
    kind: 'url',
    url: 'https://shops.example.com/scenes',
    format: 'ndjson',
    headers: { authorization: 'env:SOURCE_SHOPS' },
  },
}

export const ScheduleRequest = Type.Object(
  {
    app: App,
    cron: Cron,
    timeZone: TimeZone,
    window: Type.Optional(nullable(Window, { description: 'Outside of it the campaign waits' })),
    deadline: Type.Optional(nullable(Deadline)),
    campaignName: Type.Optional(nullable(CampaignName)),
    priority: Type.Optional(Priority),
    look: Type.Optional(Type.Partial(Type.Object(LOOK_FIELDS), { additionalProperties: false })),
    badRows: Type.Optional(BadRows),
    source: Source,
    missed: Type.Optional(Missed),
    paused: Type.Optional(Paused),
  },
  { $id: 'ScheduleRequest', additionalProperties: false, examples: [EXAMPLE] },
)
export type ScheduleRequest = Static<typeof ScheduleRequest>

export const ScheduleRun = Type.Object(
  {
    schedule: Type.String(),
    app: Type.String(),
    date: Type.String({ format: 'date', description: 'Local' }),
    manual: Type.Boolean({ description: 'Somebody asked for it' }),
    campaign: Type.String({ description: 'Its id, whether or not there is one yet' }),
    outcome: oneOf(['running', 'created', 'nothing_new', 'failed', 'skipped', 'deadline'], {
      description:
        'running: begun, or waiting for another try; nothing_new: the source is as it was, or empty; skipped, deadline: missed',
    }),
    reason: nullable(Type.String({ description: 'Of the last failure; stable, for programs' })),
    detail: nullable(Type.String()),
    failures: Type.Integer({ description: 'Tries of the source that failed' }),
    nextTryAt: nullable(Time),
    scheduledAt: Time,
    deadlineAt: Time,
    startedAt: Time,
    endedAt: nullable(Time),
    total: nullable(Type.Integer({ description: 'Rows of the campaign' })),
    source: nullable(
      Type.Object({
        etag: nullable(Type.String()),
        bytes: Type.Integer(),
        sha256: Type.String({ description: 'Lower-case hex' }),
      }),
    ),
  },
  { $id: 'ScheduleRun' },
)
export type ScheduleRun = Static<typeof ScheduleRun>

export const Schedule = Type.Object(
  {
    name: Type.String(),
    app: Type.String(),
    cron: Cron,
    timeZone: TimeZone,
    window: nullable(Window),
    deadline: nullable(Deadline),
    campaignName: nullable(Type.String()),
    priority: Type.Integer({ minimum: MIN_PRIORITY, maximum: MAX_PRIORITY }),
    look: Type.Object({}, { additionalProperties: true, description: 'Complete, defaults applied' }),
    badRows: Type.String(),
    source: Source,
    missed: Type.String(),
    paused: Type.Boolean(),
    nextRunAt: nullable(Time, { description: 'null while it is paused' }),
    lastRun: nullable(Type.Unsafe<ScheduleRun>({ $ref: 'ScheduleRun#' }), { description: 'The newest' }),
    createdAt: Time,
    updatedAt: Time,
  },
  { $id: 'Schedule' },
)
export type Schedule = Static<typeof Schedule>

export const ScheduleList = listOf('ScheduleList', 'Schedule')
export const ScheduleRunList = listOf('ScheduleRunList', 'ScheduleRun')
