/** A scenario: what changes in the simulator, and after how much time or how many calls. Read whole before it starts. */
import { ACTION_NAMES, ACTIONS, type ActionName, type Deed } from './actions.js'
import { InputDefect } from './defect.js'
import {
  type JsonObject,
  optional,
  readArray,
  readChoice,
  readObject,
  readText,
  readWhole,
} from './fields.js'

export type Step = {
  /** Milliseconds of real time after the start; or undefined. */
  readonly at: number | undefined
  /** How many calls of picture routes have been answered; or undefined. */
  readonly after: number | undefined
  readonly action: ActionName
  readonly deed: Deed
  readonly as: unknown
}

export type Scenario = { readonly name: string; readonly about: string; readonly steps: readonly Step[] }

const DAY_MS = 86_400_000

/** @throws InputDefect naming the field, for example `steps[2].with.everyMs` */
export function readScenario(value: unknown): Scenario {
  const from = readObject(value, 'scenario', ['name', 'about', 'steps'])
  return {
    name: optional(from, 'name', (text) => readText(text, 'name')) ?? '',
    about: optional(from, 'about', (text) => readText(text, 'about')) ?? '',
    steps: readArray(from['steps'], 'steps').map((step, index) => readStep(step, `steps[${index}]`)),
  }
}

function readStep(value: unknown, field: string): Step {
  const from = readObject(value, field, ['at', 'after', 'do', 'with'])
  const at = optional(from, 'at', (ms) => readWhole(ms, `${field}.at`, 0, DAY_MS))
  const after = optional(from, 'after', (calls) => readWhole(calls, `${field}.after`, 1))
  if ((at === undefined) === (after === undefined))
    throw new InputDefect(field, 'one of at, after', moments(from))
  const action = readChoice(from['do'], `${field}.do`, ACTION_NAMES)
  const sent = from['with'] === undefined ? {} : from['with']
  return { at, after, action, deed: ACTIONS[action](sent, `${field}.with`), as: value }
}

function moments(from: JsonObject): string[] {
  return ['at', 'after'].filter((name) => from[name] !== undefined)
}
