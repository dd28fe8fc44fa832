/** A scanner of codes: zbarimg, from PATH or unpacked from Debian's packages. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { claimParts } from './parts.mjs'

export type Scanner = {
  /** What the picture's QR code says. Rejects when there is none. */
  scan(picture: Buffer): Promise<string>
  close(): Promise<void>
}

const WANTED = { programs: ['zbarimg'], packages: ['zbar-tools'], instead: 'put zbarimg on PATH' }

export async function openScanner(): Promise<Scanner> {
  const prefix = await claimParts(WANTED)
  const env = { ...process.env, ...(await findDecoders(prefix)) }
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-scan-'))

  async function scan(picture: Buffer): Promise<string> {
    const file = join(folder, 'picture')
    await writeFile(file, picture)
    const [program = '', ...rest] = [...prefix, 'zbarimg', '--raw', '--quiet', file]
    const { stdout } = await promisify(execFile)(program, rest, { env })
    return stdout.replace(/\n$/, '')
  }

  return { scan, close: () => rm(folder, { recursive: true }) }
}

/** zbarimg reads files by ImageMagick, which looks for its decoders in the system's folders unless it is told. */
async function findDecoders([run]: readonly string[]): Promise<NodeJS.ProcessEnv> {
  if (run === undefined) return {}
  const libraries = join(dirname(run), 'root/usr/lib')
  const found = (await readdir(libraries, { recursive: true })).find((path) => path.endsWith('/coders'))
  return found === undefined ? {} : { MAGICK_CODER_MODULE_PATH: join(libraries, found) }
}
