export * from './call-observer.js'
export * from './classify-answer.js'
export * from './code-api.js'
export * from './tokens.js'
