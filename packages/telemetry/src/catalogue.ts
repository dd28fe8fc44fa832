/**
 * Every metric, declared once: name, help, labels and, where they are a closed set, the labels' values. Base units, prefix
 * `sunpress_`. Labels are never a scene, a code id or a URL.
 */
import {
  type DropReason,
  type HoldReason,
  LANES,
  type RoadStage,
  type RunOutcome,
  type UpstreamEndpoint,
  type Verdict,
} from '@sunpress/core'

/** A label's values; 'open' where they come from configuration (app) or are bounded where they are counted. */
export type LabelValues = readonly string[] | 'open'

export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: Readonly<Record<string, LabelValues>>
  readonly buckets?: readonly number[]
}

export const ENDPOINTS = [
  'getwxacodeunlimit',
  'getwxacode',
  'createwxaqrcode',
] as const satisfies readonly UpstreamEndpoint[]
export const OUTCOMES = ['published', 'reused', 'refused'] as const
export const STAGES = [
  'permit',
  'upstream',
  'inspect',
  'store',
  'publish',
] as const satisfies readonly RoadStage[]
export const STANDINGS = [
  'done',
  'paused',
  'closed',
  'cancelled',
  'rebuild',
  'unknown',
  'open',
  'held',
] as const satisfies readonly DropReason[]
export const NEXTS = [
  'put_back',
  'drop',
  'renew',
  'retry',
  'park',
  'refuse',
  'hold',
  'halt',
  'take_again',
] as const satisfies readonly (Verdict['next'] | 'take_again')[]
export const JOB_STATES = ['waiting', 'active', 'delayed'] as const
export const RUN_OUTCOMES = [
  'created',
  'nothing_new',
  'failed',
  'skipped',
  'deadline',
] as const satisfies readonly RunOutcome[]
export const REFRESH_OUTCOMES = ['refreshed', 'failed'] as const
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const PERIODS = ['minute', 'day', 'lifetime'] as const
const HOLD_REASONS = [
  'minute_quota',
  'day_quota',
  'token',
  'app_held',
  'page_held',
  'campaign_held',
  'storage',
] as const satisfies readonly HoldReason[]

/** Seconds: from an inspection to WeChat's slowest answers and a long wait for a permit. */
const STAGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60]

const app = 'open'
const lane = LANES

export const CATALOGUE = {
  upstreamCalls: {
    kind: 'counter',
    name: 'sunpress_upstream_calls_total',
    help: 'Calls to WeChat by what came of them: its errcode (0 for a picture), or how the exchange failed',
    labels: { app, endpoint: ENDPOINTS, errcode: 'open' },
  },
  scenes: {
    kind: 'counter',
    name: 'sunpress_scenes_total',
    help: 'Scenes that ended, each once',
    labels: { app, outcome: OUTCOMES },
  },
  permitsGranted: {
    kind: 'counter',
    name: 'sunpress_permits_granted_total',
    help: 'Permits handed to scenes',
    labels: { app, lane },
  },
  permitsWasted: {
    kind: 'counter',
    name: 'sunpress_permits_wasted_total',
    help: 'Permits that were reserved and used by nobody: quota lost',
    labels: { app, lane },
  },
  faults: {
    kind: 'counter',
    name: 'sunpress_faults_total',
    help: 'Faults met on the road of a scene, by what was done next',
    labels: { app, code: 'open', next: NEXTS },
  },
  scenesParked: {
    kind: 'counter',
    name: 'sunpress_scenes_parked_total',
    help: 'Scenes whose attempts were spent, set aside for one more round at the end of their campaign',
    labels: { app },
  },
  retryBudgetExhausted: {
    kind: 'counter',
    name: 'sunpress_retry_budget_exhausted_total',
    help: 'Calls that were not repeated, since too many of the app fail: WeChat is spared, and no attempt is spent',
    labels: { app },
  },
  jobsDropped: {
    kind: 'counter',
    name: 'sunpress_jobs_dropped_total',
    help: 'Jobs that ended without an outcome of their scene, by how the scene stood',
    labels: { app, why: STANDINGS },
  },
  stageSeconds: {
    kind: 'histogram',
    name: 'sunpress_stage_seconds',
    help: 'How long each step of the road took, when it went well',
    labels: { stage: STAGES },
    buckets: STAGE_BUCKETS,
  },
  lateness: {
    kind: 'histogram',
    name: 'sunpress_call_lateness_seconds',
    help: "How long after its permit's slot a call was begun: beyond 0.15 the permit is lost",
    labels: {},
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15],
  },
  storeBreaks: {
    kind: 'counter',
    name: 'sunpress_store_breaks_total',
    help: 'Times that this process stopped calling since pictures could not be stored',
    labels: {},
  },
  inFlight: {
    kind: 'gauge',
    name: 'sunpress_in_flight',
    help: 'Scenes in hand in this process',
    labels: { app, lane },
  },
  tokensRefreshed: {
    kind: 'counter',
    name: 'sunpress_tokens_refreshed_total',
    help: 'Calls for an access token, by whether they gave one',
    labels: { app, outcome: REFRESH_OUTCOMES },
  },
  httpRequests: {
    kind: 'counter',
    name: 'sunpress_http_requests_total',
    help: 'Requests to the API that were answered, by route pattern',
    labels: { method: METHODS, route: 'open', status: 'open' },
  },
  quotaRejections: {
    kind: 'counter',
    name: 'sunpress_quota_rejections_total',
    help: 'Calls that WeChat found too many: of the minute, of the day, or late ones that were under way when the lane was held',
    labels: { app, lane, kind: ['minute', 'day', 'late'] },
  },
  quotaUsed: {
    kind: 'gauge',
    name: 'sunpress_quota_used',
    help: "Calls of this clock minute and of this day in Shanghai, and codes of the app's lifetime (limited lane)",
    labels: { app, lane, per: PERIODS },
  },
  quotaLimit: {
    kind: 'gauge',
    name: 'sunpress_quota_limit',
    help: 'Our share of what WeChat grants; absent where no limit is known',
    labels: { app, lane, per: PERIODS },
  },
  quotaRate: {
    kind: 'gauge',
    name: 'sunpress_quota_rate',
    help: 'Part of the limit of a minute that a lane uses now: below 1 after WeChat found it too fast',
    labels: { app, lane },
  },
  quotaUsedByOthers: {
    kind: 'gauge',
    name: 'sunpress_quota_used_by_others',
    help: 'Calls of today that somebody else made with this app, at least; absent where WeChat has not told',
    labels: { app, lane },
  },
  holds: {
    kind: 'gauge',
    name: 'sunpress_holds',
    help: 'Holds that stand now',
    labels: { app, scope: ['app', 'lane', 'page', 'campaign'], reason: HOLD_REASONS },
  },
  limitedCodes: {
    kind: 'gauge',
    name: 'sunpress_limited_codes',
    help: "Codes of getwxacode and createwxaqrcode in the app's lifetime, of 100,000, as WeChat last told (Num-Used)",
    labels: { app },
  },
  queueJobs: {
    kind: 'gauge',
    name: 'sunpress_queue_jobs',
    help: "Jobs in a lane's queue, counted when scraped",
    labels: { app, lane, state: JOB_STATES },
  },
  scheduleRuns: {
    kind: 'counter',
    name: 'sunpress_schedule_runs_total',
    help: 'Runs of schedules that ended, by how: failed, and deadline, want somebody to look',
    labels: { app, outcome: RUN_OUTCOMES },
  },
  collectFailures: {
    kind: 'counter',
    name: 'sunpress_collect_failures_total',
    help: 'Scrapes in which a metric could not be counted and was left out',
    labels: { metric: 'open' },
  },
  buildInfo: {
    kind: 'gauge',
    name: 'sunpress_build_info',
    help: 'Always 1: which build runs here',
    labels: { version: 'open', role: 'open' },
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>

export type MetricId = keyof typeof CATALOGUE

/** A label's type: its closed set, else any string. */
export type LabelsOf<Id extends MetricId> = {
  readonly [Label in keyof (typeof CATALOGUE)[Id]['labels']]: (typeof CATALOGUE)[Id]['labels'][Label] extends infer Values extends
    readonly string[]
    ? Values[number]
    : string
}
