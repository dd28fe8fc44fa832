/** The codes of a scene: the same scene in every look that its app was ever printed in, as far as the store has closed them. */
import {
  type AppId,
  type CodeId,
  type CodeStore,
  ENV_VERSIONS,
  type EnvVersion,
  type Look,
  type LookId,
  nameCode,
} from '@sunpress/core'
import type { KnownLook } from '@sunpress/ledger'

export interface FoundCode {
  readonly codeId: CodeId
  readonly lookId: LookId
  readonly look: Look
  readonly key: string
  readonly bytes: number
  readonly closedAtMs: number
  /** Of its look; see KnownLook. */
  readonly firstUsedAt: KnownLook['firstUsedAt']
}

export interface CodeQuery {
  readonly app: AppId
  readonly scene: string
  /** undefined: of any page. */
  readonly page?: string
  /** undefined: of all versions. */
  readonly envVersion?: EnvVersion
}

const AT_ONCE = 64

/** A question that many put at the same time is looked up once. */
export function createCodeFinder(
  codes: Pick<CodeStore, 'stat'>,
  looksOf: (app: AppId) => Promise<readonly KnownLook[]>,
): (query: CodeQuery) => Promise<readonly FoundCode[]> {
  const asked = new Map<string, Promise<readonly FoundCode[]>>()
  return (query) => {
    const { app, scene, page, envVersion } = query
    const question = JSON.stringify([app, scene, page, envVersion])
    const there = asked.get(question)
    if (there !== undefined) return there
    const found = looksOf(app).then((looks) => findCodes(codes, looks, query))
    asked.set(question, found)
    const forget = (): void => void asked.delete(question)
    found.then(forget, forget)
    return found
  }
}

/** The newest look first. */
async function findCodes(
  codes: Pick<CodeStore, 'stat'>,
  looks: Iterable<KnownLook>,
  { app, scene, page, envVersion }: CodeQuery,
): Promise<FoundCode[]> {
  const found: FoundCode[] = []
  let some: Promise<FoundCode | null>[] = []
  const settle = async (): Promise<void> => {
    found.push(...(await Promise.all(some)).filter((code) => code !== null))
    some = []
  }
  for (const known of looks) {
    if (page !== undefined && known.look.page !== page) continue
    if (envVersion !== undefined && known.look.envVersion !== envVersion) continue
    some.push(lookUp(codes, nameCode(app, scene, known.look), known))
    if (some.length === AT_ONCE) await settle()
  }
  await settle()
  return found.toSorted(byLook)
}

/**
 * What users see before what testers do; then the greater epoch, with which somebody has said that what was there before is old;
 * then the look that was used first later. When a picture was closed counts last: a heal closes old ones anew.
 */
export function byLook(one: Ranked, other: Ranked): number {
  return (
    ENV_VERSIONS.indexOf(one.look.envVersion) - ENV_VERSIONS.indexOf(other.look.envVersion) ||
    other.look.epoch - one.look.epoch ||
    descending(one.firstUsedAt ?? '', other.firstUsedAt ?? '') ||
    other.closedAtMs - one.closedAtMs ||
    descending(one.lookId, other.lookId)
  )
}

type Ranked = Pick<FoundCode, 'look' | 'firstUsedAt' | 'closedAtMs' | 'lookId'>

const descending = (one: string, other: string): number => (one === other ? 0 : one < other ? 1 : -1)

async function lookUp(
  codes: Pick<CodeStore, 'stat'>,
  { id: codeId, key }: { readonly id: CodeId; readonly key: string },
  { id: lookId, look, firstUsedAt }: KnownLook,
): Promise<FoundCode | null> {
  const there = await codes.stat(key)
  if (there === null) return null
  const { bytes, closedAtMs } = there
  return { codeId, lookId, look, firstUsedAt, key, bytes, closedAtMs }
}
