/** Where schedules, their nights and the rows of these stand in the store. */

interface Run {
  readonly schedule: string
  readonly key: string
}

export const scheduleFolder = 'schedules/'
export const scheduleFile = (name: string): string => `${scheduleFolder}${name}.json`
export const runFolder = (schedule: string): string => `${scheduleFolder}${schedule}/runs/`
export const runFile = ({ schedule, key }: Run): string => `${runFolder(schedule)}${key}.json`

const inRun = ({ schedule, key }: Run): string => `${runFolder(schedule)}${key}/`
export const chosenFile = (run: Run): string => `${inRun(run)}rows.json`
export const piecesFolder = (run: Run): string => `${inRun(run)}pieces/`
export const attemptFolder = (run: Run, attempt: string): string => `${piecesFolder(run)}${attempt}/`
export const pieceFile = (
  run: Run,
  { attempt, page, piece }: { attempt: string; page: number; piece: number },
): string => `${attemptFolder(run, attempt)}${page}-${piece}`

export const openRunFolder = 'open/run/'
export const openRunMark = ({ schedule, key }: Run): string => `${openRunFolder}${schedule}/${key}`

const match = (pattern: RegExp, key: string): string | null => pattern.exec(key)?.[1] ?? null

/** The name in `schedules/<name>.json`; null for anything else. */
export const scheduleIn = (key: string): string | null => match(/^schedules\/([^/]+)\.json$/, key)

/** The key in `schedules/<name>/runs/<key>.json`. */
export const runIn = (key: string): string | null => match(/\/runs\/([^/]+)\.json$/, key)

export function openRunIn(mark: string): Run | null {
  const [schedule, key, ...rest] = mark.slice(openRunFolder.length).split('/')
  return schedule === undefined || key === undefined || rest.length > 0 ? null : { schedule, key }
}
