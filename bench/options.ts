import { type ParseArgsConfig, parseArgs } from 'node:util'

const EACH = {
  source: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** What the command line says, `--source` and `--help` as well. For help it prints `usage`, and ends. */
export function readOptions<const O extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  own: O,
): ReturnType<typeof parseArgs<{ options: O & typeof EACH }>>['values'] {
  const { values } = parseArgs({ options: { ...own, ...EACH } })
  if ((values as { readonly help?: boolean }).help) {
    console.log(usage)
    process.exit()
  }
  return values
}

/** Says what is wrong with the command line, and ends. */
export function refuse(message: string): never {
  console.error(`${message}\n--help tells the options`)
  process.exit(2)
}

/** The number behind an option such as `--rounds 5`. */
export function toCount(option: string, text: string): number {
  const value = Number(text)
  return Number.isSafeInteger(value) && value > 0 ? value : refuse(`${option}: "${text}" is no positive integer`)
}

/** The name behind an option such as `--caller few`. */
export function toName<T extends string>(option: string, text: string, all: readonly T[]): T {
  return all.find((name) => name === text) ?? refuse(`${option}: "${text}" is none of ${all.join(', ')}`)
}

/** The names behind an option such as `--only trestle,fastify`, in the order of `all`; all of them without it. */
export function toNames<T extends string>(option: string, text: string | undefined, all: readonly T[]): readonly T[] {
  const names = text?.split(',') ?? all
  const unknown = names.find((name) => !all.includes(name as T))
  if (unknown !== undefined) refuse(`${option}: "${unknown}" is none of ${all.join(', ')}`)
  return all.filter((name) => names.includes(name))
}
