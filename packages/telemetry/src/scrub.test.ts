import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createScrub, secretsIn } from './scrub.js'

const TOKEN = `85_${'aB3-_'.repeat(26)}`
const scrub = createScrub()
/** As pino would write it. */
const line = (fields: object) => `${JSON.stringify({ level: 'info', ...fields })}\n`

describe('the patterns of the scrub', () => {
  const hidden: Record<string, string> = {
    'a token in a URL': line({ msg: `POST /wxa/getwxacodeunlimit?access_token=hunter22&x=1` }),
    'a token in an encoded URL': line({ msg: 'next=%2Fwxa%3Faccess_token%3Dhunter22' }),
    'a token in JSON': line({ body: { access_token: 'hunter22', expires_in: 7200 } }),
    'a token in JSON in a string': line({ body: JSON.stringify({ access_token: 'hunter22', ok: 1 }) }),
    'a token in JSON in a string in a string': line({
      body: JSON.stringify({ body: JSON.stringify({ component_access_token: 'hunter22' }) }),
    }),
    'a token by its shape alone': line({ msg: `got ${TOKEN.replace('aB3', 'hunter22')}` }),
    'an AppSecret in a URL': line({
      msg: '/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=hunter22',
    }),
    'an AppSecret in a field': line({ credential: { appSecret: 'hunter22' } }),
    'a value with quotes in it': line({ appSecret: 'a"b\\hunter22' }),
    'a refresh token': line({ authorizer_refresh_token: 'hunter22' }),
    'an authorization header': line({ headers: { Authorization: 'Bearer hunter22' } }),
    'an authorization header in a list': line({ headers: ['accept', '*/*', 'authorization', 'hunter22'] }),
    'an authorization header in text': line({ msg: 'sent authorization: Token hunter22' }),
    'a cookie': line({ headers: { 'set-cookie': ['session=hunter22; path=/'] } }),
    'an API key header': line({ headers: { 'x-api-key': 'hunter22' } }),
    'a bearer token in text': line({ msg: 'Bearer hunter22' }),
    'basic credentials in text': line({ msg: 'Basic hunter22==' }),
    'a presigned URL': line({
      url: 'https://b.s3/k?X-Amz-Credential=hunter22%2F2026&X-Amz-Signature=hunter22',
    }),
    'a presigned session': line({ url: 'https://b.s3/k?X-Amz-Security-Token=hunter22' }),
    'an S3 authorization': line({ msg: 'AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=hunter22' }),
    'an S3 secret': line({ config: { secretAccessKey: 'hunter22', sessionToken: 'hunter22' } }),
    'a login in a URL': line({ msg: 'connect redis://default:hunter22@10.0.0.1:6379/0' }),
    'a password': line({ redis: { password: 'hunter22' } }),
  }
  for (const [what, text] of Object.entries(hidden)) {
    it(`take out ${what}, and leave JSON`, () => {
      const clean = scrub(text)
      expect(clean).not.toContain('hunter22')
      expect(clean).toContain('[secret]')
      expect(JSON.parse(clean)).toMatchObject({ level: 'info' })
    })
  }

  it('leave what is no secret as it is', () => {
    const lines = [
      line({ app: 'wx0123456789abcdef', reason: 'token', next: 'hold', msg: 'fault: upstream_timeout' }),
      line({ key: 'codes/wx0123456789abcdef/ab/x.jpg', scene: 's=1', msg: 'published' }),
      line({ msg: 'SUNPRESS_API_KEY: expected a secret, got nothing' }),
      line({ msg: 'no fresh access_token from WeChat', reasons: ['token', 'storage'] }),
      line({ stack: 'at file:///srv/node_modules/.pnpm/pino@10.4.0/pino.js:1:2' }),
      line({ url: 'http://127.0.0.1:8080/v1/codes?limit=10' }),
    ]
    for (const text of lines) expect(scrub(text)).toBe(text)
  })

  it('change nothing that they have scrubbed already', () => {
    for (const text of Object.values(hidden)) expect(scrub(scrub(text))).toBe(scrub(text))
  })
})

describe('registered secrets', () => {
  it('are taken out wherever they stand, however they are written', () => {
    const own = createScrub()
    const value = 'p"a\\ss/wo rd'
    own.register(new Secret(value))
    const text = line({ a: value, b: `x${encodeURIComponent(value)}y`, [value]: 1 })
    const clean = own(text)
    expect(JSON.parse(clean)).toEqual({ level: 'info', a: '[secret]', b: 'x[secret]y', '[secret]': 1 })
  })

  it('are not known to another scrub', () => {
    createScrub().register(new Secret('hunter22'))
    expect(scrub(line({ a: 'hunter22' }))).toContain('hunter22')
  })

  it('are taken out whole when one begins another', () => {
    const own = createScrub()
    own.register(new Secret('hunter'))
    own.register(new Secret('hunter22'))
    expect(own('hunter22')).toBe('[secret]')
  })

  it('include the password of a URL', () => {
    const own = createScrub()
    own.register(new Secret('redis://default:hunter%2F22@h:6379'))
    expect(own('WRONGPASS hunter/22')).toBe('WRONGPASS [secret]')
    expect(own('default is fine')).toBe('default is fine')
  })

  it.each(['Bearer', 'Basic', 'Token'])('include what stands behind the scheme %s', (scheme) => {
    const own = createScrub()
    own.register(new Secret(`${scheme} s3cr3t.Tok9/x`))
    expect(own('unknown key s3cr3t.Tok9/x')).toBe('unknown key [secret]')
  })

  it('of a slot are remembered as long as they may be in use', () => {
    const own = createScrub()
    for (const value of ['first-one', 'second-one', 'third-one']) own.register(new Secret(value), 'token')
    expect(own('first-one second-one third-one')).toBe('first-one [secret] [secret]')
  })

  it('that are too short to be one don’t shred every line', () => {
    const own = createScrub()
    own.register(new Secret(''))
    own.register(new Secret('abc'))
    expect(own('abc')).toBe('abc')
  })
})

describe('secretsIn', () => {
  it('finds secrets at any depth', () => {
    const found = secretsIn({ a: new Secret('one'), b: [{ c: new Secret('two') }], d: null, e: 'three' })
    expect(found.map((secret) => secret.reveal())).toEqual(['one', 'two'])
  })
})
