/**
 * Different scenes that WeChat refuses in a row for what they share: a page that isn't released any more, a look that is wrong.
 * Promises: a picture in between ends the run, at once where a refusal was met too, within a second in other processes.
 */
import type { AppId, CodeCall } from '@sunpress/core'
import { appKeys, type Redis } from '@sunpress/redis'
import { createGateScripts, type RefusalReply } from './gate-scripts.js'
import { shortHash } from './gate-target.js'
import type { HeldTargets } from './held-targets.js'

export interface RefusalRuns {
  note(app: AppId, name: string, call: CodeCall, errcode: number, most: number): Promise<RefusalReply>
  /** Ends those runs that are known to be open: no round trip when there is none. */
  end(app: AppId, names: () => readonly string[]): Promise<void>
}

export function createRefusalRuns(redis: Redis, namespace: string, held: HeldTargets): RefusalRuns {
  const scripts = createGateScripts(redis)
  const keyOf = (app: AppId) => appKeys(namespace, app).gate
  return {
    async note(app, name, call, errcode, most) {
      // Before and after: what is known may be read anew meanwhile.
      held.known(app)?.runs.add(name)
      const scene = shortHash(`${call.endpoint}\n${call.look.page ?? ''}\n${call.scene}`).slice(0, 16)
      const reply = await scripts.noteRefusal(keyOf(app), { name, scene, errcode, most })
      if (reply.kind === 'run') held.known(app)?.runs.add(name)
      return reply
    },
    async end(app, names) {
      const runs = held.known(app)?.runs
      if (runs === undefined || runs.size === 0) return
      const open = names().filter((name) => runs.has(name))
      if (open.length === 0) return
      await scripts.endRuns(keyOf(app), open)
      for (const name of open) runs.delete(name)
    },
  }
}
