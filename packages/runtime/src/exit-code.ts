/** How every command and service ends. */
import { ConfigFault } from './config-fault.js'

export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong usage or configuration: nothing was begun. */
  misused: 2,
  /** Done, with refusals or defects to be read about. */
  refusals: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The exit code for what was thrown. */
export const exitCodeOf = (thrown: unknown): ExitCode =>
  thrown instanceof ConfigFault ? EXIT.misused : EXIT.failed
