/**
 * Lines on a terminal with one line at the bottom that is rewritten. Elsewhere the bottom line is printed as a line of its
 * own, at most one in `plainEveryMs`, so that a log of hours stays readable.
 */
import type { Output } from '../context.js'

export interface Screen {
  /** Above the bottom line; `to` another output of the same terminal, by default the screen's own. */
  print(line: string, to?: Output): void
  /** `plain`: what is printed where nothing can be rewritten. */
  status(render: (columns: number) => string, plain: () => string): void
  /** The bottom line stays as it is; what follows comes below it. */
  settle(): void
}

const CLEAR_LINE = '\r\x1b[2K'
const PLAIN_EVERY_MS = 5_000

export function createScreen(
  output: Output,
  monotonic: () => number = () => performance.now(),
  plainEveryMs: number = PLAIN_EVERY_MS,
): Screen {
  let bottom = ''
  let plainAtMs = Number.NEGATIVE_INFINITY
  const isTerminal = output.isTTY === true
  return {
    print(line, to = output) {
      if (bottom !== '') output.write(CLEAR_LINE)
      to.write(`${line}\n`)
      if (bottom !== '') output.write(bottom)
    },
    status(render, plain) {
      if (isTerminal) {
        bottom = render(output.columns ?? 80)
        output.write(CLEAR_LINE + bottom)
      } else if (monotonic() - plainAtMs >= plainEveryMs) {
        plainAtMs = monotonic()
        output.write(`${plain()}\n`)
      }
    },
    settle() {
      if (bottom !== '') output.write('\n')
      bottom = ''
    },
  }
}
