/** Where `up` finds what isn't JavaScript of this package. The same from src/ and from dist/. */
import { fileURLToPath } from 'node:url'

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const SUNPRESS_BIN = fromHere('../../bin/sunpress.js')
export const WITH_LOCK = fromHere('../../sh/with-lock.sh')
export const DEMO_STORES = fromHere('../../demo/stores.csv')
export const TETHER = fromHere('../../../../infra/tether.sh')
export const UNPACK = fromHere('../../../../infra/debian/unpack.sh')
