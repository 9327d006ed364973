import { SocketTaken } from '../wire/socket-file.ts'
import { CommandError } from './load-api.ts'

/** Failures whose message already says what to mend. They are known by name: other copies of a class are no other mistake. */
const SAYS_ALL = new Set(['StartError', 'SettingsError', 'CertificateError', 'MigrationError'])

/** What to tell a person of a failure that they can mend; undefined where something inside went wrong, and its stack is wanted. */
export function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof CommandError || error instanceof SocketTaken || SAYS_ALL.has(error.name)) return error.message
  const { code, syscall, port, address } = error as NodeJS.ErrnoException & ListenFailure
  // A worker is told of what the bind of its supervisor came to.
  if (syscall !== 'listen' && syscall !== 'bind') return undefined
  if (code === 'EADDRNOTAVAIL')
    return `${address} is no address of this machine: give one that is with --host, or leave it out for all`
  if (port === undefined || port < 0) return socketSentence(code, address)
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or give another with --port or PORT`
  if (code === 'EACCES') return `Port ${port} is not for this user: give one from 1024 on with --port or PORT`
  return undefined
}

interface ListenFailure {
  readonly port?: number
  readonly address?: string
}

/** What to tell of a unix socket that cannot be had: the fault is mostly in its folder. */
function socketSentence(code: string | undefined, path: string | undefined): string | undefined {
  if (code === 'EADDRINUSE') return `Another server listens on ${path}: stop it, or give another path`
  if (code === 'EACCES')
    return `There can be no socket at ${path}: this user cannot write in its folder, or it does not exist`
  if (code === 'ENOENT') return `There can be no socket at ${path}: its folder does not exist`
  if (code === 'ENOTDIR' || code === 'ELOOP') return `There can be no socket at ${path}: what it is in is no folder`
  // A path that leaves no room for its end in `sun_path` (unix(7)).
  if (code === 'EINVAL' || code === 'ENAMETOOLONG')
    return `There can be no socket at ${path}: its path is too long, 107 bytes are the most on Linux, 103 on macOS`
  return undefined
}
