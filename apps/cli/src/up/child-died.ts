import type { End } from './child.js'

/** A process of `up` has ended though nobody had stopped it. */
export class ChildDied extends Error {
  override readonly name = 'ChildDied'
  readonly role: string
  readonly code: number | null

  /** `lines`: the end of its log, as far as it hasn't been shown. */
  constructor(role: string, { code, signal, error }: End, logFile: string, lines: readonly string[]) {
    const how = error?.message ?? (signal === null ? `exit code ${code}` : signal)
    super([`${role} ended (${how}); its log is ${logFile}`, ...lines.map((line) => `  ${line}`)].join('\n'), {
      cause: error,
    })
    this.role = role
    this.code = code
  }
}
