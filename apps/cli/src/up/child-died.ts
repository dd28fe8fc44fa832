import type { End } from './child.js'

/** A process of `up` has ended though nobody had stopped it. */
export class ChildDied extends Error {
  override readonly name = 'ChildDied'
  readonly role: string
  readonly code: number | null

  /** `lines`: what it wrote of its failing, as far as that hasn't been shown. Whom a signal has killed has written nothing of it. */
  constructor(role: string, { code, signal, error }: End, logFile: string, lines: readonly string[]) {
    const how = error?.message ?? (signal === null ? `exit code ${code}` : signal)
    const said = signal === null ? lines : []
    super([`${role} ended (${how}); its log is ${logFile}`, ...said.map((line) => `  ${line}`)].join('\n'), {
      cause: error,
    })
    this.role = role
    this.code = code
  }
}
