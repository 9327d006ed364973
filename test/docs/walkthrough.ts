import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { issueCertificate } from '../wire/issue-certificate.ts'
import { difference, wrongComments } from './expected.ts'
import { type Block, type Page, fileOf, notRun } from './page.ts'
import { type Program, runExample, runTrestle } from './program.ts'

/** Whether this machine can send the requests of pages: they say `--json`, which curl has from 7.82 on. */
export const hasCurl: boolean = isAtLeast(7, 82, spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '')

function isAtLeast(major: number, minor: number, text: string): boolean {
  const [, found = 0, part = 0] = /^curl (\d+)\.(\d+)/.exec(text)?.map(Number) ?? []
  return found > major || (found === major && part >= minor)
}

/** What a reader does before a page's programs can run; tests have done it. */
const PREPARES = new Set(['npm', 'mkdir', 'cd'])
/** The port that pages speak of. */
const SHOWN = 'localhost:8000'

/**
 * Does what a page says, in order: runs its programs, sends its requests to the one that serves, and
 * compares what comes with what the page shows. Gives what does not agree.
 */
export async function walkThrough(page: Page, folder: string): Promise<string[]> {
  const wrong: string[] = []
  const say = (block: Block, what: string): number => wrong.push(`${page.name}:${block.line} ${what}`)
  let serving: { program: Program; port: number; block: Block } | undefined
  const stop = async (): Promise<void> => {
    if (serving === undefined) return
    serving.program.kill('SIGTERM')
    await settle(serving.program, serving.block)
    serving = undefined
  }
  const settle = async (program: Program, block: Block): Promise<string> => {
    const { code, stdout, stderr, printed } = await program.ends
    if (code !== 0) say(block, `ended with ${code}: ${stderr}`)
    else if (stderr !== '') say(block, `wrote to standard error:\n${stderr}`)
    if (block.language === 'ts') for (const one of wrongComments(block.text, block.line, printed)) say(block, one)
    return stdout
  }
  const begin = async (program: Program, block: Block): Promise<string> => {
    const port = await program.listens
    // One that stops its server by itself is let come to its end.
    if (port === undefined || /\.stop\(\)/.test(block.text)) return settle(program, block)
    await stop()
    serving = { program, port, block }
    return ''
  }

  for (const [index, block] of page.blocks.entries()) {
    if (block.language === 'ts') {
      const reason = notRun(block)
      if (reason === undefined) await begin(runExample(folder, fileOf(block), serves(block)), block)
      else if (reason === '') say(block, 'is not run, and does not say why')
    } else if (block.language === 'sh') {
      const printed: string[] = []
      for (const command of commandsOf(block)) {
        const [word = '', name] = command.split(/\s+/)
        if (PREPARES.has(word)) continue
        if (word === 'openssl') {
          const failure = makeCertificate(command, folder)
          if (failure !== undefined) say(block, failure)
          continue
        }
        if (word === 'node') printed.push(await begin(runExample(folder, name as string, true), block))
        else if (word === 'npx' && name === 'trestle') {
          printed.push(await begin(runTrestle(folder, command.split(/\s+/).slice(2)), block))
        } else if (word !== 'curl') say(block, `has a command that no test knows: ${word}`)
        else if (serving === undefined) say(block, 'asks a server, and none runs')
        else if (hasCurl) printed.push(await shell(command, folder, serving.port))
      }
      const next = page.blocks[index + 1]
      if (printed.length === 0 || next === undefined || !['json', 'http', 'text'].includes(next.language)) continue
      const differs = difference(next.language, printed.join(''), next.text)
      if (differs !== undefined) say(next, differs)
    }
  }
  await stop()
  return wrong
}

/** Makes cert.pem and key.pem as a page says, or without OpenSSL where this machine has none. Gives what went wrong. */
function makeCertificate(command: string, folder: string): string | undefined {
  const { status, error, stderr } = spawnSync('openssl', command.split(/\s+/).slice(1), {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return undefined
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') return `openssl ended with ${status}: ${stderr}`
  const { cert, key } = issueCertificate()
  writeFileSync(path.join(folder, 'cert.pem'), cert)
  writeFileSync(path.join(folder, 'key.pem'), key)
  return undefined
}

function serves(block: Block): boolean {
  return block.text.includes("from 'trestle/node'")
}

/** The commands of a block; a line that ends with `\` goes on. */
function commandsOf(block: Block): string[] {
  return block.text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function shell(command: string, folder: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command.replaceAll(SHOWN, `localhost:${port}`)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
    })
    child.once('close', () => resolve(text.replaceAll(`localhost:${port}`, SHOWN)))
  })
}
