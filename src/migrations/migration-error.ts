import { type Migration, type Statement, linesIn } from './folder.ts'

/** Lines of a statement that a message shows. */
const MOST_LINES = 12

/** A migration that failed. The message names its file, line and statement, and what the database says. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  /** The name of its folder. */
  readonly migration: string
  /** `migrations/20261121075052_shop/migration.sql:12` */
  readonly place: string
  readonly statement: string

  constructor(migration: Migration, { text, line }: Statement, cause: unknown) {
    const place = `${migration.file}:${line}`
    const lines = text.split('\n')
    const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…'] : lines
    super(
      [
        `the migration ${migration.name} failed, and nothing of it was kept: mend it, and start again`,
        `  ${place}: ${saysOf(cause)}`,
        ...shown.map((one) => `    ${one}`),
      ].join('\n'),
      { cause },
    )
    this.migration = migration.name
    this.place = place
    this.statement = text
  }
}

function saysOf(error: unknown): string {
  const { message, detail, hint } = error as { message?: string; detail?: string; hint?: string }
  return [message ?? String(error), detail, hint].filter(Boolean).join('. ')
}

/** The rest of what was run at once, from the place that the database complains of. */
export function statementAt({ text, line }: Statement, offset: number): Statement {
  return { text: text.slice(offset), line: line + linesIn(text.slice(0, offset)) }
}
