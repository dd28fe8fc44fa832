/** The book of ordered faults: which one, if any, hits a call. */
import { type Fault, type FaultRule, readFaultRules } from './fault-rules.js'
import { hashText } from './random.js'

/** Where a call stands when a fault may hit it. */
export type FaultTarget = { readonly appid: string; readonly path: string; readonly scene: string | null }

export type FaultBook = {
  /** Replaces all faults by those of a JSON list. @throws InputDefect; then the faults before stay. */
  replace(list: unknown, now?: number): void
  clear(): void
  /** The fault that hits this call at a virtual time, if any: the first in the list that matches and fires. A count is used up by it. */
  draw(target: FaultTarget, now?: number): Fault | undefined
  /** As ordered, with `fired` and `left` (null: no end). */
  list(): readonly unknown[]
}

/** @param random numbers in [0, 1). @param isPicturePath rules that name no path hit these paths only. */
export function createFaultBook(random: () => number, isPicturePath: (path: string) => boolean): FaultBook {
  let rules: (FaultRule & { readonly until: number })[] = []

  function fires(rule: (typeof rules)[number], target: FaultTarget, now: number): boolean {
    if (rule.left === 0 || now >= rule.until || !matches(rule, target, isPicturePath)) return false
    if (rule.probability === undefined) return true
    const chance = rule.sticky ? stickyChance(rule, target) : random()
    return chance < rule.probability
  }

  function draw(target: FaultTarget, now = 0): Fault | undefined {
    if (rules.length === 0) return undefined
    const rule = rules.find((candidate) => fires(candidate, target, now))
    if (rule === undefined) return undefined
    rule.left--
    rule.fired++
    return rule.fault
  }

  const list = () =>
    rules.map(({ as, fired, left }) => ({
      ...(as as object),
      fired,
      left: Number.isFinite(left) ? left : null,
    }))

  return {
    replace: (input, now = 0) => {
      rules = readFaultRules(input).map((rule) => ({ ...rule, until: now + rule.forMs }))
    },
    clear: () => {
      rules = []
    },
    draw,
    list,
  }
}

function matches(
  { match, fault }: FaultRule,
  target: FaultTarget,
  isPicturePath: (path: string) => boolean,
): boolean {
  const picture = isPicturePath(target.path)
  if (match.path === undefined ? !picture : !match.path.test(target.path)) return false
  if (picture && fault.kind === 'older_token') return false
  if (!picture && (fault.kind === 'token_revoked' || fault.kind === 'png_as_jpeg')) return false
  if (match.appid !== undefined && !match.appid.test(target.appid)) return false
  return match.scene === undefined || (target.scene !== null && match.scene.test(target.scene))
}

/** The same for every call of a scene. */
function stickyChance({ fault }: FaultRule, { appid, scene }: FaultTarget): number {
  return hashText(`${fault.kind} ${fault.errcode} ${appid} ${scene}`) / 2 ** 32
}
