/**
 * The one shape of XML that WeChat pushes: `<xml>` around elements that hold text or one CDATA section. Nothing else is read: no
 * attributes, entities, DTDs, comments or nesting, so there is nothing to expand, to fetch or to climb. Pure.
 */

const ELEMENT = /\s*<([A-Za-z][A-Za-z0-9_]{0,63})>(?:<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>|([^<&]*))<\/\1>/y
const MOST_ELEMENTS = 64

/** null for anything else, and for a name that comes twice: readers of such XML don't agree on which one counts. */
export function parseFlatXml(text: string): ReadonlyMap<string, string> | null {
  const body = /^\s*<xml>([\s\S]*)<\/xml>\s*$/.exec(text)?.[1]
  if (body === undefined) return null
  const fields = new Map<string, string>()
  const pattern = new RegExp(ELEMENT)
  for (let end = 0; ; end = pattern.lastIndex) {
    const match = pattern.exec(body)
    if (match === null) return body.slice(end).trim() === '' ? fields : null
    const [, name = '', data, plain = ''] = match
    if (fields.has(name) || fields.size === MOST_ELEMENTS) return null
    fields.set(name, data ?? plain.trim())
  }
}
