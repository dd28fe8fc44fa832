import type { CampaignId, CampaignReport, ControlRecord } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { stateByCommands } from './control-state.js'

const log = (...commands: (ControlRecord['command'] | Partial<ControlRecord>)[]): ControlRecord[] =>
  commands.map((command, at) => ({
    ...{ v: 1, seq: at + 1, at: '', command: 'pause' },
    ...(typeof command === 'string' ? { command } : command),
  }))
const report = (retried?: number): CampaignReport => ({
  ...{ v: 1, id: '01HF000000000000000000000A' as CampaignId, state: 'completed', finishedAt: '' },
  counts: { total: 1, published: 0, reused: 0, refused: 1, cancelled: 0, pending: 0, skipped: 0 },
  ...(retried === undefined ? {} : { retried }),
})

describe('a control log', () => {
  it('leads to a state, one command after the other', () => {
    expect(stateByCommands(log('pause', 'resume', 'cancel', 'resume'))).toEqual({
      ...{ state: 'cancelled', control: 4, retry: 0, priority: null, pausedFor: null },
    })
  })

  it('gives the last priority, whatever the state', () => {
    const commands = log({ command: 'priority', priority: 9 }, 'pause', { command: 'priority', priority: 2 })
    expect(stateByCommands(commands)).toEqual({
      ...{ state: 'paused', control: 3, retry: 0, priority: 2, pausedFor: 'paused' },
    })
  })

  it('says which retry was the last', () => {
    expect(stateByCommands(log('retry', 'pause', 'retry', 'resume')).retry).toBe(3)
  })

  it('says whom a pause waits for, until a resume', () => {
    const canary = { command: 'pause', reason: 'canary' } as const
    const cases: [ControlRecord[], string | null][] = [
      [log('pause'), 'paused'],
      [log(canary), 'canary'],
      [log('pause', canary), 'canary'],
      [log(canary, 'pause'), 'canary'],
      [log(canary, { command: 'priority', priority: 9 }), 'canary'],
      [log(canary, 'resume'), null],
      [log(canary, 'resume', 'pause'), 'paused'],
      [log(canary, 'cancel'), null],
    ]
    for (const [commands, waits] of cases) expect(stateByCommands(commands).pausedFor).toBe(waits)
  })

  it('of a campaign that was opened again begins with the retry: a cancel that came too late changes nothing', () => {
    expect(stateByCommands(log('cancel', 'retry'), report()).state).toBe('running')
    expect(stateByCommands(log('cancel', 'retry', 'pause'), report()).state).toBe('paused')
    expect(stateByCommands(log('retry', 'pause', 'retry', 'cancel'), report(1)).state).toBe('cancelled')
  })
})
