/** Keeps the values of a label few, whatever comes: beyond the first `most` different ones all are 'other'. */
export function boundedLabel(most: number, known: Iterable<string> = []): (value: string) => string {
  const always = new Set(known)
  const met = new Set<string>()
  return (value) => {
    if (always.has(value) || met.has(value)) return value
    if (met.size >= most || !/^[\w.:/-]{1,80}$/.test(value)) return 'other'
    met.add(value)
    return value
  }
}
