/** Which of our types an Accept header likes best; on a tie, the first of ours. null: none of them. Pure. */
export function chooseType(accept: string | undefined, types: readonly string[]): string | null {
  if (accept === undefined || accept.trim() === '') return types[0] ?? null
  const wishes = accept.split(',').map(parseWish)
  const ranked = types
    .map((type) => ({ type, quality: qualityOf(type, wishes) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return ranked[0]?.type ?? null
}

interface Wish {
  readonly range: string
  readonly quality: number
}

function parseWish(text: string): Wish {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { range, quality: quality === undefined ? 1 : Number(quality) || 0 }
}

/** The most specific range that fits counts. */
function qualityOf(type: string, wishes: readonly Wish[]): number {
  for (const range of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const wish = wishes.find((candidate) => candidate.range === range)
    if (wish !== undefined) return wish.quality
  }
  return 0
}
