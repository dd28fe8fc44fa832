/** The gate's Lua scripts with typed arguments and answers. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import { type Redis, readScript, runScript } from '@sunpress/redis'
import type { KeptHold } from './gate-target.js'

export interface GateReply {
  /** False: this run of the server has not been told yet what the ledger knows. */
  readonly loaded: boolean
  readonly nowMs: number
  readonly runId: string
  readonly holds: readonly NamedHold[]
  /** Names of pages and campaigns that have a run of refusals. */
  readonly runs: readonly string[]
}

export interface NamedHold {
  readonly name: string
  readonly leftMs: number
  readonly kept: KeptHold
}

export type RefusalReply =
  | { readonly kind: 'held'; readonly leftMs: number; readonly kept: KeptHold }
  | { readonly kind: 'run'; readonly scenes: number }

export interface PageReply {
  readonly kind: 'passed' | 'probing' | 'claimed'
  readonly leftMs: number
}

export interface GateScripts {
  read(key: string, longestRunMs: number): Promise<GateReply>
  /** False: the server is on another run by now. */
  load(key: string, from: GateReply, most: LoadTerms, recorded: readonly NamedHold[]): Promise<boolean>
  /** Gives the hold that stands now. */
  hold(keys: readonly string[], name: string, forMs: number, kept: KeptHold): Promise<NamedHold>
  lift(keys: readonly string[], name: string): Promise<void>
  noteRefusal(
    key: string,
    refusal: { name: string; scene: string; errcode: number; most: number },
  ): Promise<RefusalReply>
  endRuns(key: string, names: readonly string[]): Promise<void>
  claimPage(key: string, token: string, forMs: number): Promise<PageReply>
  /** `goodForMs` 0: the call told nothing. */
  settlePage(key: string, token: string, goodForMs: number): Promise<void>
}

export interface LoadTerms {
  readonly unrecordedMs: number
  readonly graceMs: number
}

export function createGateScripts(redis: Redis): GateScripts {
  const script = (name: string) => {
    const found = readScript(name, new URL('..', import.meta.url).href)
    return (keys: readonly string[], args: readonly (string | number)[]) =>
      runScript(redis, found, keys, args)
  }
  const read = script('read-gate')
  const load = script('load-gate')
  const hold = script('hold-target')
  const lift = script('lift-target')
  const noteRefusal = script('note-refusal')
  const endRun = script('end-run')
  const claimPage = script('claim-page')
  const settlePage = script('settle-page')
  return {
    read: async (key, longestRunMs) => parseGate((await read([key], [longestRunMs])) as GateRow),
    async load(key, from, { unrecordedMs, graceMs }, recorded) {
      const holds = recorded.flatMap(({ name, leftMs, kept }) => [
        name,
        Math.ceil(leftMs),
        JSON.stringify(kept),
      ])
      return (await load([key], [from.runId, from.nowMs, unrecordedMs, graceMs, ...holds])) === 1
    },
    async hold(keys, name, forMs, kept) {
      const [leftMs, text] = (await hold(keys, [name, Math.ceil(forMs), JSON.stringify(kept)])) as HoldRow
      return { name, leftMs, kept: parseKept(text) }
    },
    async lift(keys, name) {
      await lift(keys, [name])
    },
    async noteRefusal(key, { name, scene, errcode, most }) {
      const row = (await noteRefusal([key], [name, scene, errcode, most])) as RefusalRow
      if (row[0] === 'run') return { kind: 'run', scenes: row[1] }
      return { kind: 'held', leftMs: row[1], kept: parseKept(row[2]) }
    },
    async endRuns(key, names) {
      await endRun([key], names)
    },
    async claimPage(key, token, forMs) {
      const [kind, leftMs] = (await claimPage([key], [token, forMs])) as [PageReply['kind'], number]
      return { kind, leftMs }
    },
    async settlePage(key, token, goodForMs) {
      await settlePage([key], [token, goodForMs])
    },
  }
}

type HoldRow = [number, string]
type RefusalRow = ['run', number] | ['held', number, string]
type GateRow = [number, number, string, ...(string | number)[]]

function parseGate([loaded, nowMs, runId, ...entries]: GateRow): GateReply {
  const holds: NamedHold[] = []
  const runs: string[] = []
  for (let at = 0; at + 2 < entries.length; at += 3) {
    const [name, leftMs, text] = [String(entries[at]), Number(entries[at + 1]), String(entries[at + 2])]
    if (leftMs < 0) runs.push(name.slice('run:'.length))
    else holds.push({ name, leftMs, kept: parseKept(text) })
  }
  return { loaded: loaded === 1, nowMs, runId, holds, runs }
}

function parseKept(text: string): KeptHold {
  const { target, reason, message } = JSON.parse(text) as KeptHold
  return { target, reason, message }
}
