import { S3Client } from '@aws-sdk/client-s3'
import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createSigner } from './sign.js'

const keys = {
  region: 'cn-northwest-1',
  accessKeyId: 'AKID',
  secretAccessKey: new Secret('wJalr/bPxRfiCYEXAMPLEKEY'),
}
const nowMs = Date.UTC(2026, 10, 20, 23, 59, 59, 999)
const request = {
  method: 'PUT',
  path: '/bucket/codes/wx0/a%3Db/c.png',
  headers: {
    host: 's3.example:9000',
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
    'content-type': 'image/png',
    'cache-control': 'public, max-age=31536000, immutable',
    'if-none-match': '*',
    'x-amz-meta-width': '430',
  },
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
}

describe('our signature', () => {
  it.each([
    ['without', {}],
    ['with', { sessionToken: new Secret('temporary') }],
  ])("is the SDK's own, %s a session token", async (_, token) => {
    const ours = createSigner({ ...keys, ...token })(request, nowMs)
    expect(ours).toEqual(await signedBySdk('sessionToken' in token ? { sessionToken: 'temporary' } : {}))
  })

  it('follows the day', () => {
    const sign = createSigner(keys)
    const first = sign(request, nowMs)
    const next = sign(request, nowMs + 1)
    expect(next['authorization']).toContain('/20261121/')
    expect(sign(request, nowMs)).toEqual(first)
    expect(next).toEqual(createSigner(keys)(request, nowMs + 1))
  })
})

async function signedBySdk(token: { sessionToken?: string }): Promise<Record<string, string>> {
  const { accessKeyId, region, secretAccessKey } = keys
  const credentials = { accessKeyId, secretAccessKey: secretAccessKey.reveal(), ...token }
  const client = new S3Client({ region, credentials })
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName: 's3',
    signingRegion: region,
    properties: {},
  })
  const { method, path, headers, sha256 } = request
  const signed = await signer.sign(
    {
      ...{ method, path, protocol: 'http:', hostname: 's3.example', query: {} },
      headers: { ...headers, 'x-amz-content-sha256': sha256 },
    },
    { signingDate: new Date(nowMs) },
  )
  return signed.headers
}
