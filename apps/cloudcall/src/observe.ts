/** Where a slice tells what befell it: a line a fault, and the last fault of each scene. */
import { isFault, type RoadObserver } from '@sunpress/core'

/** One JSON line a call. */
export type Log = (line: Readonly<Record<string, unknown>>) => void

export interface SceneWatch {
  readonly observer: RoadObserver
  /** What the scene met last. */
  lastFault(): unknown
}

export function watchScene(log: Log, scene: string): SceneWatch {
  let last: unknown = null
  const nothing = () => {}
  return {
    lastFault: () => last,
    observer: {
      ...{ published: nothing, dropped: nothing, parked: nothing, overBudget: nothing },
      ...{ late: nothing, stage: nothing, refused: nothing },
      judged(app, fault, next) {
        // Waiting is no trouble of its own.
        if (isFault(fault) && fault.kind === 'wait') return
        last = fault
        log({ level: 'warn', msg: 'fault', app, scene, next, ...describe(fault) })
      },
    },
  }
}

function describe(fault: unknown): Record<string, unknown> {
  if (!isFault(fault)) return { code: 'unexpected', message: String(fault) }
  const words = 'words' in fault ? fault.words : null
  return { code: fault.code, message: fault.message, errcode: words?.errcode, rid: words?.rid }
}
