/** A platform's endpoint for the tests: takes pushes, opens them by its own reading of WXBizMsgCrypt, and answers as it is told. */
import { createDecipheriv, createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { listen } from '../listen.js'

export type Pushed = { readonly query: URLSearchParams; readonly body: string; readonly url: string }

export async function startReceiver() {
  const pushed: Pushed[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  let answer: { status: number; text: string } | 'reset' = { status: 200, text: 'success' }
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const url = new URL(req.url ?? '/', 'http://x')
      pushed.push({
        query: url.searchParams,
        body: Buffer.concat(chunks).toString('utf8'),
        url: req.url ?? '',
      })
      for (const one of waiting) if (pushed.length >= one.count) one.resolve()
      if (answer === 'reset') res.socket?.resetAndDestroy()
      else res.writeHead(answer.status).end(answer.text)
    })
  })
  const url = await listen(server, { host: '127.0.0.1', port: 0, given: true })
  return {
    url: `${url}/wechat/event`,
    pushed,
    /** Resolves when so many have come in all. */
    came: (count: number) =>
      pushed.length >= count
        ? Promise.resolve()
        : new Promise<void>((resolve) => waiting.push({ count, resolve })),
    answerWith: (next: typeof answer) => {
      answer = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The text within, when the signature holds and it is for this appid; undefined otherwise. */
export function openPush(
  { query, body }: Pick<Pushed, 'query' | 'body'>,
  key: { appid: string; verifyToken: string; encodingAesKey: string },
): string | undefined {
  const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(body)?.[1] ?? ''
  const parts = [key.verifyToken, query.get('timestamp') ?? '', query.get('nonce') ?? '', encrypted]
  const signature = createHash('sha1').update(parts.sort().join('')).digest('hex')
  if (signature !== query.get('msg_signature')) return undefined
  const aes = Buffer.from(`${key.encodingAesKey}=`, 'base64')
  const decipher = createDecipheriv('aes-256-cbc', aes, aes.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()])
  const plain = padded.subarray(0, padded.length - (padded.at(-1) as number))
  const length = plain.readUInt32BE(16)
  const appid = plain.subarray(20 + length).toString('utf8')
  return appid === key.appid ? plain.subarray(20, 20 + length).toString('utf8') : undefined
}

/** The value of an element, with or without CDATA. */
export function fieldOf(xml: string | undefined, name: string): string | undefined {
  return new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`).exec(xml ?? '')?.[1]
}
