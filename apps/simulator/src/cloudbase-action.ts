import type { World } from './call.js'
import { optional, readFlag, readObject, readText, readWhole } from './fields.js'

/**
 * `{appid, seconds?, keepOld?}`: a new cloudbase access token of an app or of a platform; those before end at once (40001), or stay
 * until they expire (42001).
 */
export function readCloudbase(value: unknown, field: string): (world: World) => unknown {
  const from = readObject(value, field, ['appid', 'seconds', 'keepOld'])
  const appid = readText(from['appid'], `${field}.appid`)
  const seconds = optional(from, 'seconds', (n) => readWhole(n, `${field}.seconds`, 1, 86_400)) ?? 7200
  const keepOld = optional(from, 'keepOld', (flag) => readFlag(flag, `${field}.keepOld`)) ?? false
  return ({ cloudbase, clock }) => {
    const now = clock.now()
    const ended = keepOld ? 0 : cloudbase.end(now, now, appid)
    return { token: cloudbase.issue(appid, now, seconds), expiresIn: seconds, ended }
  }
}
