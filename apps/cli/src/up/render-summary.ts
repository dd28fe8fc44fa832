import type { Ready } from './log-line.js'

/** What runs and where it can be opened. Pure. */
export function renderSummary(ready: ReadonlyMap<string, Ready>, dataFolder: string): string {
  const [producer, worker, simulator] = ['producer', 'worker', 'simulator'].map((role) => ready.get(role))
  const api = producer?.url?.replace(/\/$/, '')
  const metrics = [producer, worker].flatMap((service) => service?.metricsUrl ?? [])
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['API', api],
    ['Docs', api && `${api}/docs`],
    ['Metrics', metrics.join('  ')],
    ['WeChat', simulator?.url && `simulated at ${simulator.url}, steered at ${simulator.adminUrl}`],
    ['Data', `${dataFolder} (logs in ${dataFolder}/logs)`],
  ]
  const lines = rows.flatMap(([name, value]) => (value ? [`  ${name.padEnd(8)} ${value}`] : []))
  return ['Sunpress is up; Ctrl-C stops it.', ...lines].join('\n')
}
