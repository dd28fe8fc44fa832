/** Keeps what was logged, line by line. */
export function memorySink() {
  const lines: string[] = []
  return {
    write: (line: string) => void lines.push(line),
    text: () => lines.join(''),
    entries: (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line)),
  }
}
