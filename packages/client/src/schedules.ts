/** The calls about schedules. */
import type { AskOptions, PageOptions } from './client.js'
import type { Http } from './http.js'
import type { Page, Schedule, ScheduleRequest, ScheduleRun } from './types.js'

export interface ScheduleClient {
  /** Makes it, or replaces it. */
  putSchedule(name: string, request: ScheduleRequest, options?: AskOptions): Promise<Schedule>
  getSchedule(name: string, options?: AskOptions): Promise<Schedule>
  /** By name. */
  listSchedules(options?: PageOptions): Promise<Page<Schedule>>
  /** Its history and its campaigns stay. */
  deleteSchedule(name: string, options?: AskOptions): Promise<void>
  controlSchedule(name: string, command: 'pause' | 'resume', options?: AskOptions): Promise<Schedule>
  /** Now, beside its nights. */
  runSchedule(name: string, options?: AskOptions): Promise<ScheduleRun>
  /** Newest first. */
  scheduleRunsPage(name: string, options?: PageOptions): Promise<Page<ScheduleRun>>
}

export function schedulesOver(http: Http): ScheduleClient {
  const schedule = (name: string): string => `/schedules/${encodeURIComponent(name)}`
  const get = <T>(path: string, { signal, ...query }: PageOptions = {}): Promise<T> =>
    http.json<T>({ method: 'GET', path, query, signal })
  return {
    putSchedule(name, request, { signal } = {}) {
      const headers = { 'content-type': 'application/json' }
      return http.json({
        method: 'PUT',
        path: schedule(name),
        headers,
        body: JSON.stringify(request),
        signal,
      })
    },
    getSchedule: (name, given) => get(schedule(name), given),
    listSchedules: (given) => get('/schedules', given),
    async deleteSchedule(name, { signal } = {}) {
      const { body } = await http.ask({ method: 'DELETE', path: schedule(name), signal })
      await body.dump()
    },
    controlSchedule: (name, command, { signal } = {}) =>
      http.json({ method: 'POST', path: `${schedule(name)}/${command}`, signal }),
    runSchedule: (name, { signal } = {}) =>
      http.json({ method: 'POST', path: `${schedule(name)}/run`, signal }),
    scheduleRunsPage: (name, given) => get(`${schedule(name)}/runs`, given),
  }
}
