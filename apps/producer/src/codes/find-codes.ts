/** The codes of a scene: the same scene in every look that its app was ever printed in, as far as the store has closed them. */
import { type AppId, type CodeId, type CodeStore, type Look, type LookId, nameCode } from '@sunpress/core'

export interface FoundCode {
  readonly codeId: CodeId
  readonly lookId: LookId
  readonly look: Look
  readonly key: string
  readonly bytes: number
  readonly closedAtMs: number
}

export interface CodeQuery {
  readonly app: AppId
  readonly scene: string
  /** undefined: of any page. */
  readonly page?: string
}

const AT_ONCE = 64

/** A question that many put at the same time is looked up once. */
export function createCodeFinder(
  codes: Pick<CodeStore, 'stat'>,
  looksOf: (app: AppId) => Promise<readonly { readonly id: LookId; readonly look: Look }[]>,
): (query: CodeQuery) => Promise<readonly FoundCode[]> {
  const asked = new Map<string, Promise<readonly FoundCode[]>>()
  return ({ app, scene, page }) => {
    const question = JSON.stringify([app, scene, page])
    const there = asked.get(question)
    if (there !== undefined) return there
    const query = { app, scene, ...(page === undefined ? {} : { page }) }
    const found = looksOf(app).then((looks) => findCodes(codes, looks, query))
    asked.set(question, found)
    const forget = (): void => void asked.delete(question)
    found.then(forget, forget)
    return found
  }
}

/** Newest first. */
async function findCodes(
  codes: Pick<CodeStore, 'stat'>,
  looks: Iterable<{ readonly id: LookId; readonly look: Look }>,
  { app, scene, page }: CodeQuery,
): Promise<FoundCode[]> {
  const found: FoundCode[] = []
  let some: Promise<FoundCode | null>[] = []
  const settle = async (): Promise<void> => {
    found.push(...(await Promise.all(some)).filter((code) => code !== null))
    some = []
  }
  for (const { id: lookId, look } of looks) {
    if (page !== undefined && look.page !== page) continue
    some.push(lookUp(codes, nameCode(app, scene, look), lookId, look))
    if (some.length === AT_ONCE) await settle()
  }
  await settle()
  return found.toSorted((one, other) => other.closedAtMs - one.closedAtMs)
}

async function lookUp(
  codes: Pick<CodeStore, 'stat'>,
  { id: codeId, key }: { readonly id: CodeId; readonly key: string },
  lookId: LookId,
  look: Look,
): Promise<FoundCode | null> {
  const there = await codes.stat(key)
  return there === null
    ? null
    : { codeId, lookId, look, key, bytes: there.bytes, closedAtMs: there.closedAtMs }
}
