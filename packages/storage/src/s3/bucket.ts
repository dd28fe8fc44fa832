/** Where a bucket answers, by the SDK's own rules (AWS regions, China, dual names), and the SDK's client for lists. */
import { S3Client } from '@aws-sdk/client-s3'
import { sdkHandler } from './sdk-handler.js'
import { type S3Settings, usesPathStyle } from './settings.js'
import type { Transport } from './transport.js'

export interface BucketAddress {
  readonly origin: string
  readonly host: string
  /** "/" or "/bucket/": a key is written behind it. */
  readonly basePath: string
}

export function makeClient(settings: S3Settings, transport: Transport): S3Client {
  const { accessKeyId, sessionToken } = settings
  const token = sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }
  return new S3Client({
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    region: settings.region,
    credentials: { accessKeyId, secretAccessKey: settings.secretAccessKey.reveal(), ...token },
    forcePathStyle: usesPathStyle(settings),
    requestHandler: sdkHandler(transport),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  })
}

export function addressOf(bucket: string, settings: S3Settings): BucketAddress {
  const { url } = new S3Client({ region: settings.region }).config.endpointProvider({
    Bucket: bucket,
    Region: settings.region,
    ...(settings.endpoint === undefined ? {} : { Endpoint: settings.endpoint }),
    ForcePathStyle: usesPathStyle(settings),
    UseFIPS: false,
    UseDualStack: false,
    UseGlobalEndpoint: false,
    Accelerate: false,
    DisableMultiRegionAccessPoints: true,
  })
  return { origin: url.origin, host: url.host, basePath: `${url.pathname.replace(/\/$/, '')}/` }
}
