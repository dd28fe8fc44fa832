import { HoldFault } from '@sunpress/core'

/** For records that are as good as none when they can't be opened; any other fault goes on. */
export function unlessDamaged(fault: unknown): null {
  if (fault instanceof HoldFault && fault.code === 'vault_damaged') return null
  throw fault
}
