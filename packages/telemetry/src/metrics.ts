/**
 * The catalogue's metrics in a registry of their own, never the global one. Labels are typed by the catalogue, and what
 * doesn't belong to a closed set at run time is counted as 'other': a label can't grow by accident.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { CATALOGUE, type LabelsOf, type MetricDeclaration, type MetricId } from './catalogue.js'

type IdsOf<Kind extends MetricDeclaration['kind']> = {
  [Id in MetricId]: (typeof CATALOGUE)[Id]['kind'] extends Kind ? Id : never
}[MetricId]

export interface Sample<Id extends MetricId> {
  readonly labels: LabelsOf<Id>
  readonly value: number
}

export interface Metrics {
  count<Id extends IdsOf<'counter'>>(id: Id, labels: LabelsOf<Id>, by?: number): void
  /** Seconds. */
  observe<Id extends IdsOf<'histogram'>>(id: Id, labels: LabelsOf<Id>, value: number): void
  set<Id extends IdsOf<'gauge'>>(id: Id, labels: LabelsOf<Id>, value: number): void
  /**
   * Asks `read` at each scrape. When it fails, or takes longer than 2 s, the metric is left out of that scrape, and the
   * rest isn't. At most one `read` a metric.
   */
  collect<Id extends IdsOf<'gauge'>>(id: Id, read: () => Promise<readonly Sample<Id>[]>): void
  /** Prometheus text, version 0.0.4. */
  render(): Promise<string>
  readonly contentType: string
}

export interface MetricsOptions {
  readonly role: string
  readonly version: string
  /** CPU, memory, event loop and garbage of this process; true by default. */
  readonly ofTheProcess?: boolean
}

const COLLECT_MS = 2_000

type Labels = Readonly<Record<string, string>>

export function createMetrics({ role, version, ofTheProcess = true }: MetricsOptions): Metrics {
  // Only ever rendered as Prometheus text: prom-client 15 renames its counters for good when it renders OpenMetrics once.
  const registry = new Registry()
  const readers = new Map<MetricId, () => Promise<readonly { labels: Labels; value: number }[]>>()
  const counters = new Map<MetricId, Counter>()
  const gauges = new Map<MetricId, Gauge>()
  const histograms = new Map<MetricId, Histogram>()

  const count = (id: MetricId, labels: Labels, by = 1) => counters.get(id)?.inc(closed(id, labels), by)

  async function collect(id: MetricId): Promise<void> {
    const read = readers.get(id)
    const gauge = gauges.get(id)
    if (read === undefined || gauge === undefined) return
    const samples = await within(COLLECT_MS, read).catch(() => null)
    if (samples === null) count('collectFailures', { metric: CATALOGUE[id].name })
    gauge.reset()
    for (const { labels, value } of samples ?? []) gauge.set(closed(id, labels), value)
  }

  for (const [id, declared] of entries) {
    const options = {
      name: declared.name,
      help: declared.help,
      labelNames: Object.keys(declared.labels),
      registers: [registry],
    }
    if (declared.kind === 'counter') counters.set(id, new Counter(options))
    else if (declared.kind === 'gauge') gauges.set(id, new Gauge({ ...options, collect: () => collect(id) }))
    else histograms.set(id, new Histogram({ ...options, buckets: [...(declared.buckets ?? [])] }))
  }
  gauges.get('buildInfo')?.set({ role, version }, 1)
  if (ofTheProcess) collectDefaultMetrics({ register: registry })

  return {
    count,
    observe: (id, labels, value) => histograms.get(id)?.observe(closed(id, labels), value),
    set: (id, labels, value) => gauges.get(id)?.set(closed(id, labels), value),
    collect: (id, read) => void readers.set(id, read as never),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

const entries = Object.entries(CATALOGUE) as [MetricId, MetricDeclaration][]

function closed(id: MetricId, labels: Labels): Record<string, string> {
  const declared: MetricDeclaration = CATALOGUE[id]
  const pairs = Object.entries(labels).map(([name, value]) => {
    const values = declared.labels[name]
    return [name, values === 'open' || values?.includes(value) === true ? value : 'other']
  })
  return Object.fromEntries(pairs)
}

async function within<T>(ms: number, read: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms)
  })
  try {
    return await Promise.race([read(), late])
  } finally {
    clearTimeout(timer)
  }
}
