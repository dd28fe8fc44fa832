/** What a heal came to: printed again, refused, and left over. */
import { isFaultless, isReadWhole, recordReplacements, type VerifyReport } from '@sunpress/audit'
import type { Campaign, Client } from '@sunpress/client'
import type { AppId, CampaignId, CodeId } from '@sunpress/core'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import { shown } from '../show/describe-counts.js'
import type { Audit } from './open-audit.js'

export interface RefusedAgain {
  readonly scene: string
  readonly reason: string
  readonly errcode: number | null
}

export interface HealOutcome {
  /** The campaign that has printed again; null when there was nothing to be printed. */
  readonly campaign: string | null
  readonly replaced: number
  /** Scenes that the healing campaign could not print. */
  readonly refused: readonly RefusedAgain[]
  /** Found and neither: too many for one run, changed by somebody else meanwhile, or cancelled. */
  readonly left: number
  /** Whatever holds copies of them holds the old pictures. */
  readonly urlsToPurge: readonly string[]
}

/** Of a healing campaign that has ended. What it has printed is recorded, so that every verification accepts it. */
export async function readOutcome(
  audit: Pick<Audit, 'records'>,
  client: Pick<Client, 'manifest' | 'failures'>,
  { id, app }: Pick<Campaign, 'id' | 'app'>,
  healable: number,
): Promise<HealOutcome> {
  const urls = new Map<number, string>()
  const rows = replacedRows(client, id, (index, url) => urls.set(index, url))
  await recordReplacements(audit, { app: app as AppId, id: id as CampaignId }, rows)
  const refused = new Map<number, RefusedAgain>()
  for await (const { index, scene, reason, errcode } of client.failures(id))
    refused.set(index, { scene, reason, errcode })
  const [replaced, left] = [urls.size, Math.max(0, healable - urls.size - refused.size)]
  return {
    ...{ campaign: id, replaced, refused: [...refused.values()], left },
    urlsToPurge: [...new Set(urls.values())],
  }
}

/** A row may come twice, under the same index. */
async function* replacedRows(
  client: Pick<Client, 'manifest'>,
  campaign: string,
  onRow: (index: number, url: string) => void,
) {
  for await (const { index, codeId, sha256, url } of client.manifest(campaign)) {
    onRow(index, url)
    yield { codeId: codeId as CodeId, sha256 }
  }
}

/**
 * `healed`: null without a heal. All healed is done; what is refused again, left, or wrong with the ledger itself is not. Where
 * nothing is wrong with what was read, but not all could be read, the verification has failed. Pure.
 */
export function judgeVerify(report: VerifyReport, healed: HealOutcome | null): ExitCode {
  const isHealed = healed !== null && healed.refused.length === 0 && healed.left === 0
  const isWell = isFaultless(report) || (isHealed && report.ledger.length === 0)
  if (!isWell) return EXIT.refusals
  return isReadWhole(report) ? EXIT.done : EXIT.failed
}

/** Pure. */
export function describeHealed({ campaign, replaced, refused, left, urlsToPurge }: HealOutcome): string {
  return [
    ...refused.map(
      ({ scene, reason, errcode }) =>
        `refused again  ${scene}  ${reason}${errcode === null ? '' : ` (${errcode})`}`,
    ),
    ...(left === 0 ? [] : [`${shown(left)} left over: verify again`]),
    ...(campaign === null
      ? []
      : [
          `${shown(replaced)} replaced by ${campaign}${replaced === 0 ? '' : '. To be purged wherever copies are held:'}`,
        ]),
    ...urlsToPurge,
  ].join('\n')
}
