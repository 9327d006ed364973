/** `npm run bench`: compares Trestle with other frameworks. What it says is for a quiet machine. */
import path from 'node:path'
import { become } from './become.ts'
import { root } from './places.ts'

await become(path.join(root, 'bench', 'compare.ts'), process.argv.slice(2))
