/** A client that tells an answer of Sunpress from that of any other server. Looks at one field of each; the rest is trusted. */
import { type Client, ProblemError, UnreachableError } from '@sunpress/client'

/** Something answers there, and it is no producer. */
export class NotSunpress extends Error {
  override readonly name = 'NotSunpress'

  constructor(url: string, cause?: unknown) {
    super(`what answers at ${url} is not Sunpress; SUNPRESS_API_URL says where the producer is`, { cause })
  }
}

/** The same client; each answer of it is Sunpress's, or NotSunpress is thrown. */
export function checkAnswers(client: Client, url: string): Client {
  const check =
    <A extends unknown[], T extends object>(ask: (...given: A) => Promise<T>, field: keyof T & string) =>
    async (...given: A): Promise<T> => {
      const answer = await ask(...given).catch((error: unknown) => {
        throw isForeign(error) ? new NotSunpress(url, error) : error
      })
      if (typeof answer !== 'object' || answer === null || !(field in answer)) throw new NotSunpress(url)
      return answer
    }
  return {
    ...client,
    createCampaign: check(client.createCampaign, 'counts'),
    streamCampaign: check(client.streamCampaign, 'counts'),
    getCampaign: check(client.getCampaign, 'counts'),
    controlCampaign: check(client.controlCampaign, 'counts'),
    listCampaigns: check(client.listCampaigns, 'items'),
    manifestPage: check(client.manifestPage, 'items'),
    failuresPage: check(client.failuresPage, 'items'),
    badRowsPage: check(client.badRowsPage, 'items'),
    listApps: check(client.listApps, 'items'),
    getCode: check(client.getCode, 'codeId'),
    putSchedule: check(client.putSchedule, 'cron'),
    getSchedule: check(client.getSchedule, 'cron'),
    listSchedules: check(client.listSchedules, 'items'),
    controlSchedule: check(client.controlSchedule, 'cron'),
    runSchedule: check(client.runSchedule, 'campaign'),
    scheduleRunsPage: check(client.scheduleRunsPage, 'items'),
  }
}

/** No JSON, or a refusal without the `code` that each of ours has. What a proxy says of a server that is away may pass. */
const isForeign = (error: unknown): boolean =>
  error instanceof UnreachableError
    ? error.cause instanceof SyntaxError
    : error instanceof ProblemError && error.code === 'unknown' && error.status < 500 && error.status !== 429
