import { CommandError } from './load-api.ts'

/** Failures whose message already says what to mend. They are known by name: other copies of a class are no other mistake. */
const SAYS_ALL = new Set(['StartError', 'SettingsError'])

/** What to tell a person of a failure that they can mend; undefined where something inside went wrong, and its stack is wanted. */
export function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof CommandError || SAYS_ALL.has(error.name)) return error.message
  const { code, syscall, port } = error as NodeJS.ErrnoException & { readonly port?: number }
  if (syscall !== 'listen') return undefined
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or give another with --port or PORT`
  if (code === 'EACCES') return `Port ${port} is not for this user: give one from 1024 on with --port or PORT`
  return undefined
}
