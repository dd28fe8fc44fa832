import { type Client, createClient } from '@sunpress/client'
import { type Environment, readClientConfig } from '@sunpress/runtime'
import { checkAnswers } from './check-answers.js'

export interface Asked {
  /** Of the producer, without /v1 and without a slash at its end. */
  readonly url: string
  readonly apiKey: string | undefined
}

/** Where SUNPRESS_API_URL says. Throws ConfigFault for an address or a key that makes no sense. */
export function askedFromEnvironment(env: Environment): Asked {
  const { apiUrl, apiKey } = readClientConfig(env)
  return { url: baseAddress(apiUrl), apiKey: apiKey?.reveal() }
}

/** Asks there, and throws NotSunpress when something else answers. */
export function clientFromEnvironment(env: Environment): Client {
  const { url, apiKey } = askedFromEnvironment(env)
  return checkAnswers(createClient({ url, ...(apiKey === undefined ? {} : { apiKey }) }), url)
}

/** The address of the API is often copied with its version: http://host/v1. Pure. */
export const baseAddress = (url: string): string => url.replace(/\/+$/, '').replace(/\/v1$/, '')
