/** Opens the pictures of published rows over HTTP and holds each against its row: whole, as told, and of the right scene. */
import { createHash } from 'node:crypto'
import { inspectAnyPicture } from '@sunpress/image'
import { readNote } from '@sunpress/simulator'
import type { Row } from './api.js'

const AT_ONCE = 8

/** Sentences; none when every picture is as its row says. */
export async function checkRows(rows: readonly Row[], producerUrl: string): Promise<string[]> {
  const said: string[] = []
  for (let at = 0; at < rows.length; at += AT_ONCE)
    said.push(
      ...(await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => checkRow(row, producerUrl)))).flat(),
    )
  return said
}

async function checkRow(row: Row, producerUrl: string): Promise<string[]> {
  const answer = await fetch(`${producerUrl}/v1/codes/${row.codeId}/image`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const inspection = inspectAnyPicture(bytes)
  const note = readNote(bytes)
  const due = {
    status: 200,
    url: `${producerUrl}/v1/codes/${row.codeId}/image`,
    whole: true,
    size: `${row.width}x${row.width}`,
    bytes: row.bytes,
    sha256: row.sha256,
    contentType: row.contentType,
    type: row.contentType,
    app: row.codeId.split('-', 1)[0],
    scene: row.scene,
    page: row.page,
  }
  const found: Record<string, unknown> = {
    status: answer.status,
    url: row.url,
    whole: inspection.whole,
    size: inspection.whole ? `${inspection.width}x${inspection.height}` : inspection.defect.code,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    contentType: answer.headers.get('content-type'),
    type: inspection.whole ? (inspection.format === 'jpg' ? 'image/jpeg' : 'image/png') : null,
    app: note?.appid,
    scene: note?.params['scene'],
    page: note?.params['page'],
  }
  return Object.entries(due)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `${row.id}: ${name} is ${String(found[name])}, not ${String(value)}`)
}
