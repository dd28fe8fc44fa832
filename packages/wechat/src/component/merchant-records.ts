/** What the vault knows of the platform's merchants: who has authorised it, and the refresh tokens. */
import { type AppId, type ComponentId, HoldFault, isAppId, Secret, type Vault } from '@sunpress/core'
import { recordName } from './vault-writers.js'

export interface Merchant {
  readonly appid: AppId
  /** null: it has withdrawn. */
  readonly refreshToken: Secret | null
  /** Of the last event that was taken, by WeChat's clock; 0 when it came without one. */
  readonly eventAtMs: number
}

export interface MerchantRecords {
  /** null: never heard of. One that was damaged throws HoldFault `vault_damaged`. */
  read(appid: AppId): Promise<{ readonly merchant: Merchant; readonly seq: number } | null>
  /** Those that have authorised the platform, in order. One whose record was damaged is among them: it says so when it is used. */
  list(): Promise<readonly AppId[]>
}

interface MerchantRecord {
  readonly v: 1
  readonly state: 'authorised' | 'withdrawn'
  readonly refreshToken: string | null
  readonly eventAtMs: number
}

const FOLDER = 'merchants/'
/** Of records at a time. */
const READS = 16

/** The record's name for VaultWriters. */
export const merchantRecord = (appid: AppId): string => `${FOLDER}${appid}`

export function encodeMerchant({ refreshToken, eventAtMs }: Merchant): Secret {
  const state = refreshToken === null ? 'withdrawn' : 'authorised'
  const record: MerchantRecord = { v: 1, state, refreshToken: refreshToken?.reveal() ?? null, eventAtMs }
  return new Secret(JSON.stringify(record))
}

export function createMerchantRecords(component: ComponentId, vault: Vault): MerchantRecords {
  const read: MerchantRecords['read'] = async (appid) => {
    const found = await vault.read(recordName(component, merchantRecord(appid)))
    if (found === null) return null
    const { refreshToken, eventAtMs } = JSON.parse(found.text.reveal()) as MerchantRecord
    const secret = refreshToken === null ? null : new Secret(refreshToken)
    return { merchant: { appid, refreshToken: secret, eventAtMs }, seq: found.seq }
  }
  const isAuthorised = async (appid: AppId): Promise<boolean> => {
    try {
      return (await read(appid))?.merchant.refreshToken != null
    } catch (fault) {
      if (fault instanceof HoldFault && fault.code === 'vault_damaged') return true
      throw fault
    }
  }
  return {
    read,
    async list() {
      const folder = recordName(component, FOLDER)
      const known: AppId[] = []
      for await (const name of vault.list(folder)) {
        const appid = name.slice(folder.length)
        if (isAppId(appid)) known.push(appid)
      }
      const authorised: AppId[] = []
      for (let at = 0; at < known.length; at += READS) {
        const some = known.slice(at, at + READS)
        const are = await Promise.all(some.map(isAuthorised))
        authorised.push(...some.filter((_, index) => are[index]))
      }
      return authorised
    },
  }
}
