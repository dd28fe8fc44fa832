/**
 * Counts the refusals of each part that this process writes or reads, so that the index of a campaign's end says which parts hold
 * none: who looks for refusals passes over those. A part that nobody here has seen stays uncounted.
 */
import type { CampaignId } from '@sunpress/core'
import type { ManifestLedger, ManifestPart } from '@sunpress/ledger'

/** Numbers remembered, of all campaigns together: some 20 MB. Those of the campaign that was begun first make room. */
const MOST_COUNTED = 400_000
/** As JSON writes it: inside a text its quotation marks would be escaped. */
const REFUSAL = '"type":"code.refused"'

export function countRefused(manifests: ManifestLedger, most = MOST_COUNTED): ManifestLedger {
  const counted = new Map<CampaignId, Map<number, number>>()
  let numbers = 0

  const forget = (id: CampaignId): void => {
    numbers -= counted.get(id)?.size ?? 0
    counted.delete(id)
  }
  const note = (id: CampaignId, firstN: number, refused: number): void => {
    const ofCampaign = counted.get(id) ?? new Map<number, number>()
    counted.set(id, ofCampaign)
    if (!ofCampaign.has(firstN)) numbers++
    ofCampaign.set(firstN, refused)
    const [oldest] = counted.keys()
    if (numbers > most && oldest !== undefined) forget(oldest)
  }
  const withCounts = async (id: CampaignId, parts: readonly ManifestPart[]): Promise<ManifestPart[]> => {
    const before = (await manifests.readIndex(id))?.parts ?? []
    const known = new Map(before.map(({ firstN, refused }) => [firstN, refused]))
    return parts.map((part) => {
      const refused = part.refused ?? counted.get(id)?.get(part.firstN) ?? known.get(part.firstN)
      return refused === undefined ? part : { ...part, refused }
    })
  }

  return {
    ...manifests,
    async writePart(id, firstN, lines) {
      const answer = await manifests.writePart(id, firstN, lines)
      if (answer === 'written') note(id, firstN, lines.filter((line) => line.includes(REFUSAL)).length)
      return answer
    },
    async readPart(id, firstN) {
      const rows = await manifests.readPart(id, firstN)
      note(id, firstN, rows.filter(({ type }) => type === 'code.refused').length)
      return rows
    },
    async writeIndex(id, parts, ...rest) {
      await manifests.writeIndex(id, await withCounts(id, parts), ...rest)
      forget(id)
    },
  }
}
