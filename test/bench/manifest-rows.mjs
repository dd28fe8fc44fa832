// @ts-check
/** A manifest of any size that no file holds, for manifest.mjs: parts, their names and the index are made when they are asked for. */

export const APP = /** @type {import('@sunpress/core').AppId} */ ('wx0123456789abcdef')
export const ID = /** @type {import('@sunpress/core').CampaignId} */ ('01HF000000000000000000000A')
/** As upkeep closes them. */
export const ROWS_A_PART = 2_500
/** One row in so many is a refusal. */
export const REFUSED_EVERY = 10_000

const folder = `campaigns/${ID}/manifest/`
const keyOf = (/** @type {number} */ firstN) => `${folder}part-${firstN}.ndjson`
const PAGE = 1_000
const LONG_ID = 'a'.repeat(52)
const SHA = '0123456789abcdef'.repeat(4)

/** @param {number} n */
function lineOf(n) {
  const facts = `{"v":1,"id":"${ID}.${n - 1}","app":"${APP}","campaign":"${ID}","index":${n - 1},"scene":"shop=${n}"`
  const place = `,"page":"pages/shop/shop","ref":"SHOP-${n}"`
  if (n % REFUSED_EVERY === 0)
    return `${facts}${place},"type":"code.refused","errcode":40169,"reason":"bad_scene","rid":null,"attempts":1,"refusedAt":"2026-03-01T12:00:00.000Z","n":${n}}\n`
  const code = `"codeId":"${APP}-${LONG_ID}","look":"${LONG_ID}","key":"codes/${APP}/aa/${APP}-${LONG_ID}.jpg"`
  const picture = `"bytes":61234,"sha256":"${SHA}","contentType":"image/jpeg","width":430,"reused":false`
  return `${facts}${place},"type":"code.published",${code},${picture},"publishedAt":"2026-03-01T12:00:00.000Z","n":${n}}\n`
}

/** @param {number} firstN @param {number} lastN */
function partOf(firstN, lastN) {
  let text = ''
  for (let n = firstN; n <= lastN; n++) text += lineOf(n)
  return Buffer.from(text)
}

/** Of sorted names, the place of the first one behind this. @param {readonly string[]} names @param {string} name */
function placeBehind(names, name) {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((names[middle] ?? '') <= name) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * `ended`: it has an index. `asked` counts the requests to the store, by what they were.
 * @param {{ rows: number, ended: boolean }} manifest
 */
export function makeManifest({ rows, ended }) {
  const firsts = Array.from({ length: Math.ceil(rows / ROWS_A_PART) }, (_, at) => at * ROWS_A_PART + 1)
  const names = firsts.map(keyOf).sort()
  const asked = { reads: 0, lists: 0, ms: 0 }
  const indexFile = () => {
    const parts = firsts.map((firstN) => {
      const lastN = Math.min(rows, firstN + ROWS_A_PART - 1)
      const refused = Math.floor(lastN / REFUSED_EVERY) - Math.floor((firstN - 1) / REFUSED_EVERY)
      return { firstN, rows: lastN - firstN + 1, refused }
    })
    return Buffer.from(`${JSON.stringify({ v: 1, parts })}\n`)
  }
  /** @param {string} key */
  const make = (key) => {
    if (key === `${folder}index.json`) return ended ? indexFile() : null
    const firstN = Number(/part-(\d+)\.ndjson$/.exec(key)?.[1] ?? Number.NaN)
    const isThere = key.startsWith(folder) && firstN % ROWS_A_PART === 1 && firstN <= rows
    return isThere ? partOf(firstN, Math.min(rows, firstN + ROWS_A_PART - 1)) : null
  }
  const refuse = async () => {
    throw new Error('this store is read only')
  }
  /** @type {import('@sunpress/core').Records} */
  const records = {
    async read(key) {
      asked.reads++
      const startedAt = performance.now()
      const bytes = make(key)
      asked.ms += performance.now() - startedAt
      return bytes
    },
    async list(prefix, { after = '', limit = PAGE } = {}) {
      asked.lists++
      const from = placeBehind(names, after > prefix ? after : prefix)
      const found = names.slice(from, from + limit).filter((name) => name.startsWith(prefix))
      const more = names[from + limit]?.startsWith(prefix) === true
      return { keys: found, next: more ? (found.at(-1) ?? null) : null }
    },
    readRange: refuse,
    put: refuse,
    putIfAbsent: refuse,
    remove: refuse,
  }
  return { records, asked }
}

/** What the row reader asks of Redis. @param {{ rows: number, ended: boolean }} manifest */
export function makeIndex({ rows, ended }) {
  const standing = { id: ID, app: APP, state: 'running', n: rows, closed: rows, base: 0 }
  const index = {
    readGeneration: async () => ({ generation: 'g1', builtOn: 'r' }),
    readCampaign: async () => (ended ? null : standing),
    readEntries: async () => [],
  }
  return /** @type {import('@sunpress/feed').FeedIndex} */ (/** @type {unknown} */ (index))
}
