import { type Client, createClient } from '@sunpress/client'
import { type Environment, readClientConfig } from '@sunpress/runtime'

/** Asks where SUNPRESS_API_URL says. Throws ConfigFault for an address or a key that makes no sense. */
export function clientFromEnvironment(env: Environment): Client {
  const { apiUrl, apiKey } = readClientConfig(env)
  return createClient({ url: apiUrl, ...(apiKey === null ? {} : { apiKey: apiKey.reveal() }) })
}
