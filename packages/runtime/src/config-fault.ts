import { type FieldDefect, HaltFault } from '@sunpress/core'

/** What somebody wrote can't be worked with: every defect at once, none of them showing a secret. Exit code 2. */
export class ConfigFault extends HaltFault {
  readonly defects: readonly FieldDefect[]

  constructor(what: string, defects: readonly FieldDefect[], options?: { readonly cause?: unknown }) {
    const lines = defects.map((defect) => `  ${defect.message}`)
    const count = defects.length === 1 ? '1 defect' : `${defects.length} defects`
    super('config', [`${what}: ${count}`, ...lines].join('\n'), options)
    this.defects = defects
  }
}
