/** "██████░░░░  1,234/5,000  24 %": how far something has come, with a bar where there is room. Pure. */
import { shown } from './describe-counts.js'

const BAR_CELLS = 30
/** Below it a bar says nothing. */
const LEAST_CELLS = 8

export function renderBarLine(done: number, total: number, columns: number): string {
  const text = renderBarText(done, total)
  const cells = Math.min(BAR_CELLS, columns - text.length - 3)
  const filled = total === 0 ? 0 : Math.floor((done / total) * cells)
  const bar = cells < LEAST_CELLS ? '' : `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}  `
  return (bar + text).slice(0, Math.max(0, columns - 1))
}

export const renderBarText = (done: number, total: number): string =>
  `${shown(done)}/${shown(total)}  ${total === 0 ? 0 : Math.floor((done / total) * 100)} %`
