export { describeCodeStore, type OpenedCodeStore } from './code-store.js'
export { makePicture } from './pictures.js'
export { describeRecords, type OpenedRecords } from './records.js'
