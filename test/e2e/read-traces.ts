/** Everything that a run leaves behind: in Redis, on disk, in the bucket. As Latin-1, so that no byte is lost. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { Redis } from 'ioredis'
import type { S3Access } from '../services/s3.mjs'
import type { Trace } from './find-secrets.js'

/** Every key and value, decoded, and once more as DUMP has it. */
export async function readRedis(url: string): Promise<Trace[]> {
  const redis = new Redis(url)
  try {
    return await Promise.all((await redis.keys('*')).map((key) => readKey(redis, key)))
  } finally {
    redis.disconnect()
  }
}

const READERS: Readonly<Record<string, (key: string) => (string | number)[]>> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, 0, -1],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, 0, -1, 'WITHSCORES'],
  stream: (key) => ['XRANGE', key, '-', '+'],
}

async function readKey(redis: Redis, key: string): Promise<Trace> {
  const type = await redis.type(key)
  if (type === 'none') return { where: `Redis ${key}`, text: key }
  const [command = '', ...args] = READERS[type]?.(key) ?? []
  const [value, dump] = await Promise.all([redis.callBuffer(String(command), ...args), redis.dumpBuffer(key)])
  return { where: `Redis ${type} ${key}`, text: [key, textOf(value), textOf(dump)].join('\n') }
}

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(textOf).join('\n')
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value)
}

/** Names count too. */
export async function readFolder(folder: string): Promise<Trace[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return await Promise.all(
    paths.map(async (path) => ({ where: path, text: `${path}\n${await readFile(path, 'latin1')}` })),
  )
}

/** Keys, metadata and bytes. */
export async function readBucket(s3: S3Access, Bucket: string): Promise<Trace[]> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3,
    forcePathStyle: true,
  })
  try {
    const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket }))
    if (IsTruncated === true) throw new Error('more objects than one list shows')
    return await Promise.all(
      Contents.map(async ({ Key = '' }) => {
        const { Body, Metadata } = await client.send(new GetObjectCommand({ Bucket, Key }))
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
        return {
          where: `s3 ${Key}`,
          text: [Key, JSON.stringify(Metadata), bytes.toString('latin1')].join('\n'),
        }
      }),
    )
  } finally {
    client.destroy()
  }
}
