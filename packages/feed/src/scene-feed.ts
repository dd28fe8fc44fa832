/** The worker's side of the feed: is a scene still wanted, and its publication or its parking as one atomic step. */
import type {
  AppId,
  CampaignId,
  Clock,
  ParkAnswer,
  PublishAnswer,
  PublishedEvent,
  RefusedEvent,
  SceneFeed,
  SceneRef,
  SceneStanding,
  Unnumbered,
} from '@sunpress/core'
import { appKeys, readScript, runScript } from '@sunpress/redis'
import type { Redis } from 'ioredis'

/** For how long the standing of a campaign is believed between a permit and its call. */
const BELIEVED_MS = 500

interface Seen {
  readonly atMs: number
  readonly standing: Promise<SceneStanding>
}

export function createSceneFeed(options: { redis: Redis; namespace: string; clock: Clock }): SceneFeed {
  const { redis, namespace, clock } = options
  const checkScript = readScript('check-scene', import.meta.url)
  const publishScript = readScript('publish', import.meta.url)
  const parkScript = readScript('park-scene', import.meta.url)
  const seen = new Map<string, Seen>()

  const keysOf = (app: AppId, campaign: CampaignId): [string, string, string] => {
    const keys = appKeys(namespace, app)
    return [keys.generation, keys.campaign(campaign), keys.bits(campaign)]
  }
  const check = (scene: SceneRef): Promise<SceneStanding> => {
    const keys = [...keysOf(scene.app, scene.campaign), appKeys(namespace, scene.app).builtOn]
    const answer = runScript(redis, checkScript, keys, [scene.generation, scene.index])
    return answer as Promise<SceneStanding>
  }
  const announce = async (
    scene: SceneRef,
    outcome: 'published' | 'reused' | 'refused',
    event: Unnumbered<PublishedEvent> | Unnumbered<RefusedEvent>,
  ): Promise<PublishAnswer> => {
    const { feed, parked } = appKeys(namespace, scene.app)
    const keys = [...keysOf(scene.app, scene.campaign), feed, parked(scene.campaign)]
    const args = [scene.generation, scene.index, scene.campaign, outcome, JSON.stringify(event)]
    return (await runScript(redis, publishScript, keys, args)) as PublishAnswer
  }

  return {
    check,
    recheck(scene) {
      // A job of an older generation must not answer for the campaign of today.
      const name = `${scene.generation} ${scene.campaign}`
      const last = seen.get(name)
      if (last !== undefined && clock.monotonic() - last.atMs < BELIEVED_MS) return last.standing
      // NOTE: one scene asks for all of its campaign; that this scene itself may be done makes its own answer only stricter.
      const standing = check(scene).then((found) => (found === 'done' ? 'open' : found))
      seen.set(name, { atMs: clock.monotonic(), standing })
      standing.catch(() => seen.delete(name))
      forgetOld(seen, clock.monotonic())
      return standing
    },
    publish: (scene, _code, event) => announce(scene, event.reused ? 'reused' : 'published', event),
    refuse: (scene, event) => announce(scene, 'refused', event),
    async park(scene) {
      const keys = [
        ...keysOf(scene.app, scene.campaign),
        appKeys(namespace, scene.app).parked(scene.campaign),
      ]
      return (await runScript(redis, parkScript, keys, [scene.generation, scene.index])) as ParkAnswer
    },
  }
}

const MOST_SEEN = 1_000

function forgetOld(seen: Map<string, Seen>, nowMs: number): void {
  if (seen.size <= MOST_SEEN) return
  for (const [id, { atMs }] of seen) if (nowMs - atMs >= BELIEVED_MS) seen.delete(id)
}
