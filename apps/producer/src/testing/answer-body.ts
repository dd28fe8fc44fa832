/**
 * What tests look into, whichever answer has it, with the types of the API's own schemas. Which fields a certain answer
 * has is not told here: `ask` holds each to its description.
 */
import type { CampaignId } from '@sunpress/core'
import type { Static } from 'typebox'
import type { App, Clears } from '../schemas/app.js'
import type { BadRow } from '../schemas/bad-row.js'
import type { Campaign, Plan } from '../schemas/campaign.js'
import type { Code, FoundCode } from '../schemas/code.js'
import type { Problem } from '../schemas/common.js'
import type { PublishedEvent } from '../schemas/event.js'
import type { Schedule, ScheduleRun } from '../schemas/schedule.js'

type ProblemFields = Required<Static<typeof Problem>>

export interface AnswerBody
  extends Omit<Campaign, 'id'>,
    Pick<Plan, 'rows' | 'days' | 'lifetime'>,
    Pick<Static<typeof App>, 'holds' | 'token'>,
    Pick<Static<typeof Clears>, 'left'>,
    Pick<Static<typeof Code>, 'replaced'>,
    Pick<Schedule, 'lastRun'>,
    Pick<ScheduleRun, 'campaign'>,
    Pick<ProblemFields, 'code' | 'detail' | 'errorCount'> {
  readonly id: CampaignId
  readonly errors: Required<ProblemFields['errors'][number]>[]
  readonly items: AnswerItem[]
  readonly nextCursor: string | null
  readonly resumeCursor: string
}

/** Of a list, whichever it is. */
export interface AnswerItem
  extends Pick<Static<typeof PublishedEvent>, 'id' | 'n' | 'codeId' | 'key' | 'url'>,
    Pick<Static<typeof FoundCode>, 'look' | 'closedAt'>,
    Pick<Required<Static<typeof BadRow>>, 'line' | 'pointer'>,
    Pick<ScheduleRun, 'date'>,
    Pick<Schedule, 'name'> {}
