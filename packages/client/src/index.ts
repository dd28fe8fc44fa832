export * from './client.js'
export type { ClientOptions } from './http.js'
export { type FieldError, type ProblemDetails, ProblemError, UnreachableError } from './problem-error.js'
export type * from './types.js'
