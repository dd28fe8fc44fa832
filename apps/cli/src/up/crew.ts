/** The processes of one `up`: each becomes a part of its lifecycle, and the first that dies ends it. */
import { ConfigFault, EXIT } from '@sunpress/runtime'
import type { Child } from './child.js'
import { ChildDied } from './child-died.js'

export interface Crew {
  /** Watches it; what it gives stops it. */
  take(child: Child): Child['stop']
  /** Rejects when one has died: ConfigFault when it has refused its configuration. */
  readonly died: Promise<never>
  /** SIGKILL to all. */
  kill(): void
}

export function createCrew(): Crew {
  const children: Child[] = []
  let reject: (error: unknown) => void = () => undefined
  const died = new Promise<never>((_, rejectDied) => {
    reject = rejectDied
  })
  return {
    died,
    take(child) {
      children.push(child)
      child.died.catch((error: unknown) => reject(misusedOr(error)))
      return child.stop
    },
    kill() {
      for (const child of children) child.kill()
    },
  }
}

/** A service that ends with 2 has been given what it can't work with, by whoever started `up`. */
export function misusedOr(error: unknown): unknown {
  if (!(error instanceof ChildDied) || error.code !== EXIT.misused) return error
  return new ChildMisused(error)
}

/** For its exit code; the words are the service's own, which have been shown. */
class ChildMisused extends ConfigFault {
  constructor(died: ChildDied) {
    super(died.role, [], { cause: died })
    this.message = died.message
  }
}
