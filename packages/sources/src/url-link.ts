/** RFC 8288, as far as paging needs it: the target of rel="next". Pure. */

const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i

/** Absolute, without its fragment; null when there is none. A target that is no address counts as none. */
export function nextLink(header: string | string[] | undefined, base: string): string | null {
  const text = [header ?? []].flat().join(', ')
  for (const [, target = '', parameters = ''] of text.matchAll(LINK)) {
    const rel = REL.exec(parameters)
    const relations = (rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/)
    if (!relations.includes('next') || !URL.canParse(target, base)) continue
    const url = new URL(target, base)
    url.hash = ''
    return url.href
  }
  return null
}
