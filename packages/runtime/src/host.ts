/** What a host's name says about where it is. */
import { isIP } from 'node:net'

/** Reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = withoutBrackets(host)
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

/** An IP address, localhost, or a name of one label: a service of our own network rather than a public one. */
export function isPrivateName(host: string): boolean {
  const bare = withoutBrackets(host)
  return isIP(bare) !== 0 || !bare.includes('.')
}

/** `http://host:port`; a wildcard address becomes the loopback, which can be opened. */
export function httpUrl(host: string, port: number): string {
  const bare = withoutBrackets(host)
  const shown = bare === '0.0.0.0' ? '127.0.0.1' : bare === '::' ? '::1' : bare
  return `http://${isIP(shown) === 6 ? `[${shown}]` : shown}:${port}`
}

const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '')
