/** Writes a SUNPRESS_APPS_FILE of the caller's own: JSON is YAML, too. Whoever reads it meanwhile sees the old one or the new. */
import { rename, writeFile } from 'node:fs/promises'

export interface AppEntry {
  readonly appid: string
  readonly quotas?: Readonly<Record<string, number>>
  /** By default an AppSecret. */
  readonly credential?: object
}

const BY_SECRET = { kind: 'secret', appSecret: 'env:E2E_APP_SECRET' }

export async function writeAppsFile(path: string, apps: readonly AppEntry[]): Promise<void> {
  const whole = apps.map((app) => ({ credential: BY_SECRET, ...app }))
  await writeFile(`${path}.new`, JSON.stringify({ apps: whole }))
  await rename(`${path}.new`, path)
}
