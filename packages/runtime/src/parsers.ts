/** What a variable's text may say. Pure; `undefined` stands for "not as expected". */
import { isIP } from 'node:net'
import { Secret } from '@sunpress/core'
import type { Parser } from './config-table.js'

export const text = (options: { expected?: string; pattern?: RegExp } = {}): Parser<string> => ({
  expected: options.expected ?? 'text',
  read: (written) => (options.pattern === undefined || options.pattern.test(written) ? written : undefined),
})

/** Wrapped at once, so that it prints as [secret]. */
export const secretText = (options: { expected?: string; pattern?: RegExp } = {}): Parser<Secret> => ({
  expected: options.expected ?? 'a secret',
  secret: true,
  read: (written) =>
    options.pattern === undefined || options.pattern.test(written) ? new Secret(written) : undefined,
})

/** Decimal digits alone: neither 1e3 nor 0x10 nor 1.0. */
export const integer = (least: number, most: number): Parser<number> => ({
  expected: `a whole number from ${least} to ${most}`,
  read(written) {
    const number = Number(written)
    return /^-?\d{1,16}$/.test(written) && number >= least && number <= most ? number : undefined
  },
})

export const oneOf = <const Names extends readonly string[]>(...names: Names): Parser<Names[number]> => ({
  expected: names.join(' | '),
  read: (written) => names.find((name) => name === written),
})

export const boolean = (): Parser<boolean> => ({
  expected: 'true or false',
  read: (written) => (written === 'true' ? true : written === 'false' ? false : undefined),
})

/** A base URL, given back without slash at its end; login, query and fragment are refused. */
export const httpBaseUrl = (): Parser<string> => ({
  expected: 'http://… or https://…, without login, query and fragment',
  read(written) {
    const url = parseUrl(written)
    if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
    if (url.username !== '' || url.password !== '' || /[?#]/.test(written)) return undefined
    return url.href.replace(/\/+$/, '')
  },
})

/** May hold a password: a secret as a whole. */
export const redisUrl = (): Parser<Secret> => ({
  expected: 'redis://host:port, rediss:// or redis+sentinel://host,host/master',
  secret: true,
  read: (written) =>
    /^(rediss?|redis\+sentinel):\/\/[^\s/]+/.test(written) ? new Secret(written) : undefined,
})

export const host = (): Parser<string> => ({
  expected: 'a host name or an IP address, without port',
  read: (written) => (isIP(written) !== 0 || /^[A-Za-z0-9._-]+$/.test(written) ? written : undefined),
})

export interface PortChoice {
  /** 0: any free one. */
  readonly port: number
  /** Somebody asked for this very port; a default may give way to the next free one. */
  readonly given: boolean
}

export const port = (): Parser<PortChoice> => ({
  expected: 'a port from 0 to 65535',
  read(written, given) {
    const number = integer(0, 65_535).read(written, given)
    return number === undefined ? undefined : { port: number, given }
  },
})

/** Looks at the scheme alone: what follows is for the storage package to judge. */
export const storeLocation = (): Parser<string> =>
  text({ expected: 'file:/folder, file:./folder or s3://bucket/prefix', pattern: /^(?:file:|s3:\/\/)./ })

/** null when not set. */
export const optional = <T>(parser: Parser<T>): Parser<T | null> => ({ ...parser, absent: { value: null } })

function parseUrl(written: string): URL | null {
  try {
    return new URL(written)
  } catch {
    return null
  }
}
