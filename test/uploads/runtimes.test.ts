import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const program = path.join(import.meta.dirname, 'runtime-server.ts')

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  bun: ['--no-install', '--conditions=trestle-source', program],
  deno: ['run', '--no-remote', '--no-lock', '--conditions=trestle-source', '--allow-all', program],
}

test.each(['bun', 'deno'])(
  'on %s, a form goes through a temporary file to a folder, and nothing is left',
  async (tool) => {
    const work = mkdtempSync(path.join(tmpdir(), `trestle-${tool}-`))
    const env = { ...process.env, TMPDIR: work, FILES: path.join(work, 'files'), DENO_DIR: path.join(work, 'deno') }
    const child = spawn(path.join(root, 'node_modules/.bin', tool), COMMANDS[tool] ?? [], {
      cwd: root,
      env: { ...env, DO_NOT_TRACK: '1', DENO_NO_UPDATE_CHECK: '1' },
    })
    try {
      let told = ''
      child.stderr.on('data', (text) => {
        told += text
      })
      const port = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', (text) => resolve(/port (\d+)/.exec(String(text))?.[1] as string))
        child.once('close', () => reject(new Error(told)))
      })
      const large = randomBytes(5_000_000)
      const body = new FormData()
      body.append('file', new File([large], 'large.bin'))
      const reply = await fetch(`http://127.0.0.1:${port}/keep`, { method: 'POST', body })
      expect(await reply.json()).toEqual({
        name: 'large.bin',
        sha256: createHash('sha256').update(large).digest('hex'),
        length: large.length,
        blob: large.length,
        inFile: true,
        slice: large.subarray(0, 4).toString(),
        kept: large.length,
      })
      await expect.poll(() => globSync('trestle-uploads-*/*/*', { cwd: work })).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await new Promise((resolve) =>
        child.exitCode === null && child.signalCode === null ? child.once('close', resolve) : resolve(0),
      )
      rmSync(work, { recursive: true, force: true })
    }
  },
  30_000,
)
