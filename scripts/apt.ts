/** Installs what no npm package brings, where it can: on Debian, as root. */
import { existsSync } from 'node:fs'
import { run } from './run.ts'

/** Resolves with what was said where it failed, and with nothing where it cannot be tried. */
export async function aptInstall(name: string): Promise<string> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return ''
  process.stdout.write(`installing ${name} with apt-get\n`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '--yes', '--no-install-recommends', name]
  const first = await run('/usr/bin/apt-get', install, { seconds: 300, env })
  if (first.ok) return ''
  // A new container has no package lists.
  await run('/usr/bin/apt-get', ['update'], { seconds: 120, env })
  const second = await run('/usr/bin/apt-get', install, { seconds: 300, env })
  return second.ok ? '' : second.output
}
