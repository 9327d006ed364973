/** `npm start [-- name]`: runs the example of that name, the shop unless told. */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { become } from './become.ts'
import { root } from './places.ts'

const examples = path.join(root, 'examples')
const [name = 'shop', ...rest] = process.argv.slice(2)

const main = mainOf(name)
if (main === undefined) {
  const names = readdirSync(examples).filter(mainOf)
  process.stderr.write(`trestle: there is no example "${name}"; there is ${names.join(', ')}\n`)
  process.exit(1)
}
await become(main, rest)

function mainOf(example: string): string | undefined {
  return ['main.ts', 'app.ts'].map((file) => path.join(examples, example, file)).find((file) => existsSync(file))
}
