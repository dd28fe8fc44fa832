export { type ExpectedPicture, inspectAnyPicture, inspectPicture } from './inspect-picture.js'
export {
  CONTENT_TYPES,
  type ContentType,
  type Defect,
  type DefectCode,
  type ForeignFormat,
  type Format,
  type Inspection,
  type JpegFlaw,
  MAX_SIDE,
  type PngFlaw,
  type Resemblance,
} from './inspection.js'
