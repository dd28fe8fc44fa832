// @ts-check
/**
 * Promises: a real S3 server (Ceph's radosgw, in memory) on a free port of 127.0.0.1, gone when this process is. It honours
 * If-None-Match. Doesn't promise AWS's newer checksums: it ignores x-amz-checksum-crc32 (Content-MD5 and ETag count), and
 * streamed bodies want `requestChecksumCalculation: 'WHEN_REQUIRED'`.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.mjs'
import { claimParts } from './parts.mjs'
import { spawnTethered } from './tether.mjs'

const script = fileURLToPath(new URL('./radosgw.sh', import.meta.url))
const s3Parts = {
  programs: ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph-authtool', 'monmaptool', 'osdmaptool'],
  packages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'],
  instead:
    'name an S3 server for tests with AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
}

/**
 * @typedef {object} S3Access what a client needs; path-style addresses
 * @property {string} endpoint
 * @property {string} region
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 *
 * @typedef {S3Access & { pid: number, stop: () => Promise<void> }} S3Server
 */

/** @returns {Promise<S3Server>} */
export async function startS3() {
  const before = await claimParts(s3Parts)
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(before)
    } catch (error) {
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

/**
 * @param {string[]} before
 * @returns {Promise<S3Server>}
 */
async function launch(before) {
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-s3-'))
  const [port, monPort] = await Promise.all([freePort(), freePort()])
  const access = { accessKeyId: 'test', secretAccessKey: 'testsecret' }
  const words = [script, folder, String(port), String(monPort), access.accessKeyId, access.secretAccessKey]
  const server = spawnTethered([...before, ...words], { removeFolder: folder })
  try {
    await server.wrote(/^ready$/m)
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    ...access,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    pid: server.pid,
    stop: server.stop,
  }
}
