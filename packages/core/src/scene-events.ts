/** The events of a scene's end, built from its job. Pure. */

import type { ClosedCode } from './closed-code.js'
import type { CodeName } from './code-id.js'
import type { PublishedEvent, RefusedEvent, Unnumbered } from './event.js'
import { eventIdOf } from './ids.js'
import type { Verdict } from './judge.js'
import { contentTypeOf } from './look.js'
import type { SceneJob } from './scene-job.js'

export type Refusal = { reason: string } & Partial<
  Pick<Extract<Verdict, { next: 'refuse' }>, 'errcode' | 'rid'>
>

const rowFacts = (job: SceneJob) => ({
  v: 1 as const,
  id: eventIdOf(job.campaign, job.index),
  app: job.app,
  campaign: job.campaign,
  index: job.index,
  scene: job.scene,
  ...(job.look.page === null ? {} : { page: job.look.page }),
  ...(job.ref === undefined ? {} : { ref: job.ref }),
  ...(job.caption === undefined ? {} : { caption: job.caption }),
})

export const publishedEvent = (
  job: SceneJob,
  name: CodeName,
  code: ClosedCode,
  reused: boolean,
  nowMs: number,
): Unnumbered<PublishedEvent> => ({
  ...rowFacts(job),
  type: job.heals === true ? 'code.replaced' : 'code.published',
  codeId: name.id,
  look: name.look,
  key: code.key,
  bytes: code.bytes,
  sha256: code.sha256,
  contentType: contentTypeOf(code.format),
  width: code.width,
  reused,
  publishedAt: new Date(nowMs).toISOString(),
})

export const refusedEvent = (
  job: SceneJob,
  attempts: number,
  refusal: Refusal,
  nowMs: number,
): Unnumbered<RefusedEvent> => ({
  ...rowFacts(job),
  type: 'code.refused',
  errcode: refusal.errcode ?? null,
  reason: refusal.reason,
  rid: refusal.rid ?? null,
  attempts,
  refusedAt: new Date(nowMs).toISOString(),
})
