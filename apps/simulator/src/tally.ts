/** What the simulator saw and answered, for tests to count by. Bounded: the call log in rows, the scenes in number. */
import { type CallLog, type CallRow, createCallLog } from './call-log.js'
import { shorten } from './distinct.js'
import { createPace, type Pace, type PaceReport } from './pace.js'

export type Settled = {
  readonly scene: string | null
  readonly errcode: number | undefined
  readonly fault: string | undefined
  /** A whole picture was sent. */
  readonly whole: boolean
}

export type AppReport = PaceReport & {
  readonly pictures: number
  readonly errcodes: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  /** `repeated`: scenes printed more than once, the first 1,000. `uncounted`: successes past the bound on scenes. */
  readonly scenes: { readonly distinct: number; readonly uncounted: number; readonly repeated: SceneCounts }
  readonly paths: Readonly<Record<string, PaceReport>>
  /** Calls of the routes that print no codes. */
  readonly otherPaths: Readonly<Record<string, number>>
  readonly sceneSuccesses?: SceneCounts
}

type SceneCounts = Readonly<Record<string, number>>

export type Tally = {
  /** Counts a call at its arrival; `appid` is '' when the token tells nobody. Returns what settles it, once. */
  arrive(call: { appid: string; path: string; at: number; now: number }): (settled: Settled) => void
  /** Counts an answer of a route that isn't logged call by call. */
  note(appid: string, errcode: number | undefined, fault: string | undefined, path?: string): void
  appids(): readonly string[]
  report(appid: string, withScenes: boolean): AppReport | undefined
  calls(appid?: string): Generator<CallRow>
  dropped(): number
  clearCounters(): void
  clearCalls(): void
}

const MAX_SCENES = 2_000_000
/** In characters; a path may be longer, and what is refused may be much longer. */
const LONGEST_SCENE = 256
const REPEATED_SHOWN = 1_000

type AppTally = {
  readonly pace: Pace
  readonly paths: Map<string, Pace>
  readonly otherPaths: Map<string, number>
  readonly errcodes: Map<string, number>
  readonly faults: Map<string, number>
  readonly scenes: Map<string, number>
  pictures: number
  uncounted: number
}

export function createTally(log: CallLog = createCallLog(), maxScenes = MAX_SCENES): Tally {
  const apps = new Map<string, AppTally>()
  let scenesHeld = 0

  function tallyOf(appid: string): AppTally {
    const tally = apps.get(appid) ?? emptyTally()
    apps.set(appid, tally)
    return tally
  }

  function arrive(call: { appid: string; path: string; at: number; now: number }) {
    const tally = tallyOf(call.appid)
    tally.pace.count(call.at, call.now)
    paceOf(tally, call.path).count(call.at, call.now)
    const row = log.add(call.at, call.appid, call.path)
    let open = true
    return (settled: Settled) => {
      if (!open) return
      open = false
      const scene = settled.scene === null ? null : shorten(settled.scene, LONGEST_SCENE)
      log.settle(row, scene, outcomeOf(settled))
      noteIn(tally, settled.errcode, settled.fault)
      if (settled.whole) countScene(tally, scene)
    }
  }

  function countScene(tally: AppTally, scene: string | null): void {
    tally.pictures++
    if (scene === null) return
    const before = tally.scenes.get(scene)
    if (before === undefined && scenesHeld >= maxScenes) {
      tally.uncounted++
      return
    }
    if (before === undefined) scenesHeld++
    tally.scenes.set(scene, (before ?? 0) + 1)
  }

  function clearCounters(): void {
    apps.clear()
    scenesHeld = 0
  }

  return {
    arrive,
    note: (appid, errcode, fault, path) => {
      const tally = tallyOf(appid)
      noteIn(tally, errcode, fault)
      if (path !== undefined) increment(tally.otherPaths, path)
    },
    appids: () => [...apps.keys()],
    report: (appid, withScenes) => {
      const tally = apps.get(appid)
      return tally && reportOf(tally, withScenes)
    },
    calls: (appid) => log.rows(appid),
    dropped: () => log.dropped(),
    clearCounters,
    clearCalls: () => log.clear(),
  }
}

function emptyTally(): AppTally {
  return {
    pace: createPace(),
    paths: new Map(),
    otherPaths: new Map(),
    errcodes: new Map(),
    faults: new Map(),
    scenes: new Map(),
    pictures: 0,
    uncounted: 0,
  }
}

function paceOf(tally: AppTally, path: string): Pace {
  const pace = tally.paths.get(path) ?? createPace()
  tally.paths.set(path, pace)
  return pace
}

function noteIn(tally: AppTally, errcode: number | undefined, fault: string | undefined): void {
  if (errcode !== undefined) increment(tally.errcodes, String(errcode))
  if (fault !== undefined) increment(tally.faults, fault)
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** An errcode says more than the fault that ordered it. */
function outcomeOf({ errcode, fault, whole }: Settled): string {
  if (whole) return 'picture'
  return errcode === undefined ? (fault ?? 'aborted') : String(errcode)
}

function reportOf(tally: AppTally, withScenes: boolean): AppReport {
  return {
    ...tally.pace.report(),
    pictures: tally.pictures,
    errcodes: Object.fromEntries(tally.errcodes),
    faults: Object.fromEntries(tally.faults),
    scenes: { distinct: tally.scenes.size, uncounted: tally.uncounted, repeated: repeated(tally.scenes) },
    paths: Object.fromEntries([...tally.paths].map(([path, pace]) => [path, pace.report()])),
    otherPaths: Object.fromEntries(tally.otherPaths),
    ...(withScenes ? { sceneSuccesses: Object.fromEntries(tally.scenes) } : {}),
  }
}

function repeated(scenes: Map<string, number>): SceneCounts {
  const found: Record<string, number> = {}
  let shown = 0
  for (const [scene, successes] of scenes) {
    if (successes < 2) continue
    found[scene] = successes
    if (++shown === REPEATED_SHOWN) break
  }
  return found
}
