import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'

/** One folder that drizzle-kit wrote, with its SQL. */
export interface Migration {
  /** The name of its folder: `20261121075052_shop`. They are applied in the order of their names. */
  readonly name: string
  /** The path of its SQL, from the working directory. */
  readonly file: string
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string
  /** When it was written, in milliseconds since 1970, as its name says. */
  readonly writtenAt: number
  readonly statements: readonly Statement[]
}

/** What is run at once: mostly one statement, or several that a person wrote without breakpoints between them. */
export interface Statement {
  readonly text: string
  /** The line of the file in which it begins, from 1. */
  readonly line: number
}

/** What drizzle-kit writes between two statements. */
const BREAKPOINT = '--> statement-breakpoint'

/**
 * Reads the migrations of a folder.
 *
 * @throws an Error where there is no such folder, or one of drizzle-kit before 1.0.
 */
export function readMigrations(folder: string | URL): Migration[] {
  const at = path.resolve(folder instanceof URL ? fileURLToPath(folder) : folder)
  if (!existsSync(at)) {
    throw new Error(`there is no folder ${shown(at)} of migrations: write the first with \`trestle db generate\``)
  }
  return readMigrationFiles({ migrationsFolder: at }).map(({ name, hash, folderMillis }) => {
    const file = path.join(at, name, 'migration.sql')
    return {
      name,
      file: shown(file),
      hash,
      writtenAt: folderMillis,
      statements: statementsOf(readFileSync(file, 'utf8')),
    }
  })
}

function statementsOf(text: string): Statement[] {
  const statements: Statement[] = []
  let line = 1
  let open = ''
  for (const part of text.split(BREAKPOINT)) {
    // drizzle-kit writes what a database had before in one comment, breakpoints and all.
    const whole = open + part
    if (isInComment(whole)) {
      open = `${whole}${BREAKPOINT}`
      continue
    }
    open = ''
    const blank = /^\s*/.exec(whole)?.[0] ?? ''
    if (blank !== whole) statements.push({ text: whole.slice(blank.length).trimEnd(), line: line + linesIn(blank) })
    line += linesIn(whole)
  }
  return statements
}

function isInComment(text: string): boolean {
  return text.lastIndexOf('/*') > text.lastIndexOf('*/')
}

export function linesIn(text: string): number {
  return text.split('\n').length - 1
}

function shown(file: string): string {
  return path.relative('', file) || '.'
}
