import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

export const root: string = path.resolve(import.meta.dirname, '../..')

/** A fenced block of a page. */
export interface Block {
  /** The first word after the fence: `ts`, `sh`, `json` … */
  readonly language: string
  /** What follows that word: a file name, or `no-run` and the reason. */
  readonly info: string
  readonly text: string
  /** The line of its first line of text, from 1. */
  readonly line: number
}

export interface Page {
  /** From the project's folder: `docs/client.md`. */
  readonly name: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** README.md and all of docs, in the order of their names. */
export function readPages(): Page[] {
  const docs = readdirSync(path.join(root, 'docs')).filter((file) => file.endsWith('.md'))
  return ['README.md', ...docs.toSorted().map((file) => `docs/${file}`)].map((name) => {
    const text = readFileSync(path.join(root, name), 'utf8')
    return { name, text, blocks: blocksOf(text) }
  })
}

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let open: { language: string; info: string; line: number; lines: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\S*) ?(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) {
      open = { language: fence[1] as string, info: (fence[2] as string).trim(), line: index + 2, lines: [] }
    } else {
      const { lines, ...rest } = open
      blocks.push({ ...rest, text: `${lines.join('\n')}\n` })
      open = undefined
    }
  }
  return blocks
}

/** The file that a `ts` block is saved as: the one it names, or one by its line. */
export function fileOf(block: Block): string {
  return /^\S+\.ts$/.test(block.info) ? block.info : `line-${block.line}.ts`
}

/** Why a block is not run; undefined where it is. */
export function notRun(block: Block): string | undefined {
  return /^no-run\b(.*)/.exec(block.info)?.[1]?.trim()
}
