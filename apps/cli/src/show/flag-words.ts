/** The API's words for a field, and those of whoever typed a command. Pure. */

const FLAGS: Readonly<Record<string, string>> = {
  app: '--app',
  name: '--name',
  priority: '--priority',
  badRows: '--skip-bad-rows',
  canary: '--canary',
  lifetimeGuard: '--no-lifetime-guard',
  scenes: '--scenes',
  range: '--range',
  'range.template': '--range',
  'range.from': '--from',
  'range.to': '--to',
  endpoint: '--endpoint',
  page: '--page',
  width: '--width',
  lineColor: '--color',
  autoColor: '--color',
  hyaline: '--hyaline',
  envVersion: '--env-version',
  epoch: '--epoch',
  format: '--format',
  checkPath: '--no-check-path',
  limit: '--limit',
  cursor: '--cursor',
}

/** null for what no flag sets. */
export const flagOf = (field: string): string | null => FLAGS[field.replace(/^look\./, '')] ?? null

/** Sentences of the API as they read at a terminal: one row is one row, and a parameter is a flag. */
export const inFlagWords = (sentence: string): string =>
  sentence
    .replace('send badRows=skip to leave', 'give --skip-bad-rows to leave')
    .replace('badRows=skip', '--skip-bad-rows')
    .replace(/^1 bad rows\b/, '1 bad row')
    .replace(/^(1 bad row\. )Mend them(.*) leave them/, '$1Mend it$2 leave it')
