/** Core's CodeApi over HTTP: one call, one answer, classified. Asks nothing twice by itself. */
import { type Clock, type CodeApi, type CodeCall, isFault, WaitFault } from '@sunpress/core'
import type { HttpAnswer, HttpClient, HttpRequest } from '@sunpress/http'
import { type CallObserver, transportLabel } from './call-observer.js'
import { classifyAnswer } from './classify-answer.js'
import { codeBody } from './code-body.js'
import { codeUrl } from './token-url.js'

export interface CodeApiTerms {
  readonly http: HttpClient
  readonly clock: Pick<Clock, 'now'>
  readonly observer: CallObserver
  /** From 0 up to 1. */
  readonly random: () => number
}

export function createCodeApi(terms: CodeApiTerms): CodeApi {
  const { http, clock, observer, random } = terms

  const ask = async (call: CodeCall, request: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await http.request(request)
    } catch (reason) {
      // A WaitFault of the transport says that nothing was written: no call.
      if (!(reason instanceof WaitFault)) {
        observer.called(call.app, call.endpoint, isFault(reason) ? transportLabel(reason.code) : 'aborted')
      }
      throw reason
    }
  }

  return {
    async request(call, token, permit, signal) {
      signal.throwIfAborted()
      const answer = await ask(call, {
        method: 'POST',
        path: codeUrl(call.endpoint, token),
        headers: { 'content-type': 'application/json' },
        body: codeBody(call),
        signal,
        notAfterMs: permit.notAfterMs,
      })
      const classified = classifyAnswer(answer, { nowMs: clock.now(), random: random() }, token.value)
      observer.called(call.app, call.endpoint, classified.errcode)
      const used = numUsedOf(answer)
      if (used !== null) observer.numUsed(call.app, used)
      if (classified.kind === 'fault') throw classified.fault
      return classified.bytes
    },
  }
}

/** Documented for getwxacode, reported for createwxaqrcode, and not seen by everybody. */
function numUsedOf({ headers }: HttpAnswer): number | null {
  const text = headers['num-used']
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : null
}
