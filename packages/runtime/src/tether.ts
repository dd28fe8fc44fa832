/**
 * A child that ends with its parent, even with one that was killed: the parent keeps a pipe to the child's file descriptor
 * 3 open (`stdio: ['ignore', 'inherit', 'inherit', 'pipe']`) and sets SUNPRESS_TETHER=fd. The pipe closes with the parent.
 * Nothing is ever written to it. It says nothing about children of the child: each wants a tether of its own.
 */
import { Socket } from 'node:net'
import { fieldDefect } from '@sunpress/core'
import { ConfigFault } from './config-fault.js'

export const TETHER_FD = 3

export interface Tether {
  /** Aborted when the parent is gone: `runUntilSignal` takes it as `cut`. */
  readonly cut: AbortSignal
  /** Lets go, so that the process may end by itself. */
  release(): void
}

/** Throws ConfigFault when there is no pipe on the file descriptor. */
export function endWhenPipeCloses(fd: number = TETHER_FD): Tether {
  const cut = new AbortController()
  const pipe = openPipe(fd)
  pipe.on('error', () => undefined)
  pipe.on('close', () => cut.abort())
  pipe.resume()
  const release = () => {
    pipe.removeAllListeners('close')
    pipe.destroy()
  }
  return { cut: cut.signal, release }
}

function openPipe(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: false })
  } catch (cause) {
    const defect = fieldDefect('SUNPRESS_TETHER', 'pipe', `a pipe on file descriptor ${fd}`, undefined)
    throw new ConfigFault('tether', [defect], { cause })
  }
}
