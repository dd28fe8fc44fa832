import { describe, expect, it } from 'vitest'
import {
  actionFor,
  ERRCODE_TABLE,
  type ErrcodePlace,
  isKnownErrcode,
  knownErrcodes,
  rowFor,
} from './errcode-policy.js'

/** An action in a word or three. */
function told(errcode: number, place: ErrcodePlace = 'code'): string {
  const action = actionFor(errcode, place)
  switch (action.act) {
    case 'retry':
      return `retry ${action.attempts}`
    case 'renew':
      return 'renew'
    case 'refuse':
      return ['refuse', action.reason, action.whenMany ?? ''].join(' ').trim()
    case 'hold':
      return `hold ${action.scope} ${action.reason} ${action.lasts}`
    case 'leave':
      return `leave ${action.until}`
    default:
      return action satisfies never
  }
}

const all = (codes: readonly number[], place?: ErrcodePlace) => [
  ...new Set(codes.map((code) => told(code, place))),
]
const MENDED = 'hold app app_held 60000'
const TOKEN_MENDED = 'hold app token 60000'

describe('a call for a code', () => {
  it.each([
    [-1, 'retry 6'],
    [40001, 'renew'],
    [40014, 'renew'],
    [42001, 'renew'],
    [40097, 'refuse invalid_args campaign'],
    [40129, 'refuse invalid_scene'],
    [40159, 'refuse invalid_path campaign'],
    [40165, 'refuse invalid_path campaign'],
    [40169, 'refuse invalid_scene'],
    [40189, 'refuse invalid_width campaign'],
    [40212, 'refuse invalid_path campaign'],
    [41030, 'refuse invalid_page page'],
    [45002, 'refuse too_large'],
    [45029, 'refuse lifetime_quota'],
    [47001, 'refuse invalid_data campaign'],
    [85096, 'refuse reserved_parameter'],
    [48004, 'hold app app_held 86400000'],
    [-604101, 'hold app app_held 600000'],
  ])('%i: %s', (errcode, action) => {
    expect(told(errcode)).toBe(action)
  })

  it('stops its lane until the minute is over where WeChat speaks of too many', () => {
    expect(all([44990, 44991, 44992, 45009, 45011])).toEqual(['hold lane minute_quota minute'])
  })

  it('stops the app while nobody has mended it, and finds out each minute', () => {
    const settings = [40066, 40234, 41001, 43002, 43003, 43104, 44002, 45035, 85105, 85107, 85112]
    const rights = [45063, 48001, 48003, 61007]
    expect(all([...settings, ...rights])).toEqual([MENDED])
  })

  it('leaves an account that is punished alone for an hour', () => {
    expect(all([50001, 50002])).toEqual(['hold app app_held 3600000'])
    expect(all([50004, 50007])).toEqual(['hold app token 3600000'])
  })

  it('tries a code that nobody knows twice more, and one that is at home elsewhere as well', () => {
    expect(all([123_456, 99_999, 44993, 61005, 76001])).toEqual(['retry 3'])
  })
})

describe('a call for a token', () => {
  it('stops the app while its credential is wrong, also where a call for a code renews', () => {
    const credential = [40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004]
    expect(all(credential, 'token')).toEqual([TOKEN_MENDED])
    expect(all(credential, 'component')).toEqual([TOKEN_MENDED])
  })

  it('waits as long as WeChat says for an administrator', () => {
    expect(all([89501, 89502, 89503, 89504, 89505], 'token')).toEqual(['hold app token 600000'])
    expect(told(89506, 'token')).toBe('hold app token 86400000')
    expect(told(89507, 'token')).toBe('hold app token 3600000')
  })

  it('never loops on a quota', () => {
    expect(all([45009], 'token')).toEqual(['hold app token day'])
    expect(all([45011], 'token')).toEqual(['hold app token minute'])
    expect(all([45009], 'component')).toEqual(['hold app token day'])
  })

  it('stops the app where a third-party platform lacks a right', () => {
    const platform = [41018, 42002, 42007, 61003, 61004, 61005, 61006, 61009, 61010, 61011, 61014, 61015]
    expect(all([...platform, 61023, 61024], 'component')).toEqual([TOKEN_MENDED])
    expect(told(61007, 'component')).toBe(TOKEN_MENDED)
    expect(told(61007)).toBe(MENDED)
    expect(told(85113)).toBe(TOKEN_MENDED)
  })
})

describe('a question about quotas or rids', () => {
  it('goes without an answer, and stops nothing', () => {
    expect(told(44993, 'quota')).toBe('leave next_day')
    expect(told(48006, 'quota')).toBe('leave next_month')
    expect(all([76001, 76002, 76003, 76004, 76021, 76022], 'quota')).toEqual(['leave next_time'])
  })

  it('renews a stale token like any other call', () => {
    expect(all([40001, 40014, 42001], 'quota')).toEqual(['renew'])
  })
})

describe('the table', () => {
  it('knows its own codes and 0, and no other', () => {
    expect(knownErrcodes().every(isKnownErrcode)).toBe(true)
    expect([isKnownErrcode(0), isKnownErrcode(123_456)]).toEqual([true, false])
  })

  it('has each code once at each place', () => {
    const homes = ERRCODE_TABLE.flatMap(({ errcode, places }) => places.map((place) => `${place} ${errcode}`))
    expect(homes.filter((home, at) => homes.indexOf(home) !== at)).toEqual([])
    expect(knownErrcodes()).toHaveLength(79)
  })

  it('has a word of advice for each, of one line', () => {
    for (const { advice, errcode } of [...ERRCODE_TABLE, rowFor(123_456)]) {
      expect(advice, String(errcode)).toMatch(/^[^\n]{10,90}$/)
    }
  })
})
