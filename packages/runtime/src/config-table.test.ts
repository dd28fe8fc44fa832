import { inspect } from 'node:util'
import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { ConfigFault } from './config-fault.js'
import {
  type ConfigTable,
  type Environment,
  type ReadOptions,
  readConfig,
  variable,
  withFallback,
} from './config-table.js'
import { boolean, httpBaseUrl, integer, oneOf, optional, port, secretText, text } from './parsers.js'

const TABLE = {
  name: variable({ name: 'SUNPRESS_NAME', parser: text(), doc: 'A name' }),
  size: variable({ name: 'SUNPRESS_SIZE', parser: integer(1, 9), fallback: '5', unit: 'MB', doc: 'A size' }),
  mode: variable({ name: 'MODE', parser: oneOf('fast', 'slow'), fallback: 'slow', doc: 'A mode' }),
  key: variable({ name: 'SUNPRESS_KEY', parser: optional(secretText({ pattern: /^.{8,}$/ })), doc: 'A key' }),
  url: variable({ name: 'URL', parser: optional(httpBaseUrl()), doc: 'A URL' }),
  port: variable({ name: 'PORT', parser: port(), fallback: '8080', doc: 'A port' }),
  loud: variable({ name: 'LOUD', parser: optional(boolean()), doc: 'Loud or not' }),
} satisfies ConfigTable

type Options = ReadOptions<typeof TABLE>

function faultOf(env: Environment, options: Options = {}): ConfigFault {
  try {
    readConfig(TABLE, env, options)
  } catch (fault) {
    if (fault instanceof ConfigFault) return fault
  }
  throw new Error('no ConfigFault')
}

describe('readConfig', () => {
  it('types each field by its parser and fills in defaults', () => {
    const config = readConfig(TABLE, { SUNPRESS_NAME: 'a', PATH: '/bin' })
    const size: number = config.size
    const mode: 'fast' | 'slow' = config.mode
    expect({ ...config, size, mode }).toEqual({
      name: 'a',
      size: 5,
      mode: 'slow',
      key: null,
      url: null,
      port: { port: 8080, given: false },
      loud: null,
    })
  })

  it('tells a given port from the default, even when they are the same', () => {
    expect(readConfig(TABLE, { SUNPRESS_NAME: 'a', PORT: '8080' }).port).toEqual({ port: 8080, given: true })
  })

  it('names all defects in one message', () => {
    const fault = faultOf({
      SUNPRESS_SIZE: '10',
      MODE: 'quick',
      SUNPRESS_SISE: '3',
      URL: 'ftp://a',
      LOUD: 'yes',
    })
    expect(fault.code).toBe('config')
    expect(fault.kind).toBe('halt')
    expect(fault.defects.map(({ field, rule }) => `${field} ${rule}`).sort()).toEqual([
      'LOUD value',
      'MODE value',
      'SUNPRESS_NAME required',
      'SUNPRESS_SISE unknown',
      'SUNPRESS_SIZE value',
      'URL value',
    ])
    for (const { message } of fault.defects) expect(fault.message).toContain(message)
  })

  it('suggests the variable that a typing error was meant to be', () => {
    const fault = faultOf({ SUNPRESS_NAME: 'a', SUNPRESS_SZIE: '3' })
    expect(fault.message).toContain('did you mean SUNPRESS_SIZE?')
  })

  it('suggests nothing for a name that is like no other', () => {
    expect(faultOf({ SUNPRESS_NAME: 'a', SUNPRESS_ELEPHANT: '3' }).message).not.toContain('did you mean')
  })

  it('lets the variables of other processes and of other programs be', () => {
    const env = { SUNPRESS_NAME: 'a', SUNPRESS_OTHER: 'b', NODE_ENV: 'test' }
    expect(readConfig(TABLE, env, { known: ['SUNPRESS_OTHER'] }).name).toBe('a')
  })

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig(TABLE, { SUNPRESS_NAME: 'a', SUNPRESS_SIZE: '', SUNPRESS_KEY: '' })).toMatchObject({
      size: 5,
      key: null,
    })
  })

  it('shows no secret, neither in what it gives nor in what it throws', () => {
    const config = readConfig(TABLE, { SUNPRESS_NAME: 'a', SUNPRESS_KEY: 'hunter22' })
    expect(config.key?.reveal()).toBe('hunter22')
    const fault = faultOf({
      SUNPRESS_NAME: 'a',
      SUNPRESS_KEY: 'short77',
      SUNPRESS_KEYS: 'hunter22',
      URL: 'http://me:hunter22@h',
    })
    expect(fault.defects).toHaveLength(3)
    for (const shown of [
      inspect(config),
      JSON.stringify(config),
      inspect(fault, { depth: 9 }),
      JSON.stringify(fault),
    ]) {
      expect(shown).not.toMatch(/hunter22|short77/)
    }
  })

  it('refuses contradictions, asked only of variables that are well', () => {
    const contradictions: NonNullable<Options['contradictions']> = ({ size, mode }) =>
      size > 3 && mode === 'fast'
        ? [{ field: 'MODE', rule: 'contradiction', value: null, message: 'MODE: too fast' }]
        : []
    expect(faultOf({ SUNPRESS_NAME: 'a', MODE: 'fast' }, { contradictions }).message).toContain(
      'MODE: too fast',
    )
    expect(
      faultOf({ SUNPRESS_NAME: 'a', MODE: 'fast', SUNPRESS_SIZE: 'x' }, { contradictions }).defects,
    ).toHaveLength(1)
  })

  it('freezes what it gives to its depths', () => {
    const config = readConfig(TABLE, { SUNPRESS_NAME: 'a' })
    expect(Object.isFrozen(config) && Object.isFrozen(config.port)).toBe(true)
  })

  it('lets a process have another default', () => {
    const table = { size: withFallback(TABLE.size, '7') }
    expect(readConfig(table, {}).size).toBe(7)
  })

  it('refuses a secret’s parser only when it is asked to', () => {
    expect(
      readConfig({ key: variable({ name: 'KEY', parser: secretText(), doc: '' }) }, { KEY: 'x' }).key,
    ).toBeInstanceOf(Secret)
  })
})
