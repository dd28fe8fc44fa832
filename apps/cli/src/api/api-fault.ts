import type { Problem } from './shapes.js'

/** The producer said no. `status` is HTTP's; `problem` is empty where it didn't say why. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault'
  readonly status: number
  readonly problem: Problem

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? problem.title ?? "the producer doesn't say why")
    this.status = status
    this.problem = problem
  }
}

/** No answer, or one cut off: asking again may help. */
export class UnreachableFault extends Error {
  override readonly name = 'UnreachableFault'

  constructor(url: string, cause: unknown) {
    super(`no answer from ${url}: ${reasonOf(cause)}`, { cause })
  }
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (!(inner instanceof Error)) return String(inner)
  return 'code' in inner && inner.message === '' ? String(inner.code) : inner.message
}

/** Worth asking again: no answer, too many requests, or a fault of the server's own. */
export const mayPass = (error: unknown): boolean =>
  error instanceof UnreachableFault ||
  (error instanceof ApiFault && (error.status === 429 || error.status >= 500))
