/** Finds, in the files of the project, what belongs to the machine they were written on. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { root } from './places.ts'
import { type Outcome, run } from './run.ts'

export async function checkTracked(): Promise<Outcome> {
  const marks = await machineMarks()
  const faults = trackedFiles().flatMap((file) => {
    const text = readText(file)
    return marks
      .filter(({ text: mark }) => text.includes(mark))
      .map(({ text: mark, is }) => `${file}: "${mark}" is ${is}`)
  })
  return { ok: faults.length === 0, output: faults.join('\n') }
}

interface Mark {
  readonly text: string
  readonly is: string
}

async function machineMarks(): Promise<Mark[]> {
  const marks: Mark[] = [
    { text: `${root}${path.sep}`, is: 'the folder of this checkout' },
    { text: `${os.homedir()}${path.sep}`, is: 'a home folder' },
    { text: ['registry', 'npmjs', 'org'].join('.'), is: 'the host of a registry' },
  ]
  const { output } = await run('npm', ['config', 'get', 'registry', '--loglevel=silent'], { seconds: 30 })
  const registry = URL.parse(output.trim())
  if (registry !== null) marks.push({ text: registry.host, is: 'the host of a registry' })
  // Folders beside the checkout, unless it lies in a place that texts may well name.
  const beside = path.dirname(root)
  if (![path.parse(root).root, os.tmpdir()].includes(beside)) {
    marks.push({ text: `${beside}${path.sep}`, is: 'a folder of this machine' })
  }
  return marks
}

function trackedFiles(): string[] {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (listed.status === 0) return listed.stdout.split('\0').filter(Boolean)
  // Without git, all that git would not ignore.
  return globSync('**/*', { cwd: root, exclude: ['**/node_modules/**', 'dist/**', '.git/**'], withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
}

function readText(file: string): string {
  try {
    return readFileSync(path.join(root, file), 'utf8')
  } catch (error) {
    // Deleted, and not yet committed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
