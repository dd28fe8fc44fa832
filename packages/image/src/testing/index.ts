/** Pictures for tests of other packages; resolves under the `source` condition alone. */
export { makeJpeg } from './make-jpeg.js'
export { makePng } from './make-png.js'
