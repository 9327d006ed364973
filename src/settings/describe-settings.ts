import { expectationOf, inWords } from './expectation.ts'
import type { Shape } from './setting.ts'
import { type SettingsOptions, check, variablesOf } from './settings.ts'

/**
 * A table of settings for people: variable, kind, default, description. No value is read, and a
 * secret's default is not shown.
 *
 * @example
 * if (process.argv.includes('--help')) console.log(describeSettings(shape))
 */
export function describeSettings(shape: Shape, options: Pick<SettingsOptions, 'prefix'> = {}): string {
  const rows = variablesOf(shape, options.prefix).map(({ variable, setting: { schema, hidden } }) => {
    const expected = expectationOf(schema)
    const kind = inWords(expected, hidden) + (hidden ? ', secret' : '')
    return [variable, kind, usual(check(schema, undefined), hidden), String(expected.description ?? '')]
  })
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => (row[column] as string).length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function usual(result: ReturnType<typeof check>, hidden: boolean): string {
  if (result.issues !== undefined) return 'required'
  if (result.value === undefined) return 'optional'
  return hidden ? 'has a default' : `default ${JSON.stringify(result.value)}`
}
