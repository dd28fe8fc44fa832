/** The system calls of the file store. Callbacks made into promises: a put costs less CPU than with fs/promises' handles. */
import fs from 'node:fs'
import { promisify } from 'node:util'

export const open = promisify(fs.open)
export const read = promisify(fs.read)
export const write = promisify(fs.write)
export const fsync = promisify(fs.fsync)
export const close = promisify(fs.close)
export const link = promisify(fs.link)
export const rename = promisify(fs.rename)
export const unlink = promisify(fs.unlink)
export const mkdir = promisify(fs.mkdir)
export const stat = promisify(fs.stat)
export const fstat = promisify(fs.fstat)
export const readFile = promisify(fs.readFile)
export const readdir = promisify(fs.readdir)

export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** What says that a path isn't there. */
export const isAbsent = (error: unknown): boolean =>
  errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR'
