/**
 * Puts the bundles of the documentation pages into assets/docs, gzipped, with their licences.
 * Each comes from its published package (`npm pack`), whose hash the code states. They are not
 * dependencies: installed as such, the three bring 387 packages and 384 MB for four files.
 *
 *   node scripts/vendor-assets.mjs           does nothing where all files are there
 *   node scripts/vendor-assets.mjs --force   makes them again
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import { redoc } from '../src/projections/docs/redoc.ts'
import { scalar } from '../src/projections/docs/scalar.ts'
import { swaggerUi } from '../src/projections/docs/swagger-ui.ts'

const ASSETS = join(import.meta.dirname, '..', 'assets', 'docs')
/** The npm that runs this, where one does; another package manager's `pack` means something else. */
const cli = process.env.npm_execpath
const npm = cli?.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm']
const force = process.argv.includes('--force')

/** Scalar's package has no licence file; this is its repository's. */
const SCALAR_LICENCE = `MIT License

Copyright (c) 2023-present Scalar

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`

const bundles = [swaggerUi.bundle, redoc.bundle, scalar.bundle]

function isThere(bundle) {
  return bundle.files.every((file) => existsSync(join(ASSETS, `${file.name}.gz`)))
}

/** The package's tarball, unpacked into a folder of its own. */
function unpack(bundle) {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-assets-'))
  const pack = [
    ...npm,
    'pack',
    `${bundle.package}@${bundle.version}`,
    '--silent',
    '--ignore-scripts',
    '--prefer-offline',
  ]
  const options = { cwd: folder, encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'inherit'] }
  const tarball = join(folder, execFileSync(pack[0], pack.slice(1), options).trim().split('\n').at(-1))
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (integrity !== bundle.integrity) {
    throw new Error(`${bundle.package}@${bundle.version} is ${integrity}, but the code expects ${bundle.integrity}`)
  }
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'], { timeout: 60_000 })
  return folder
}

function edited(file, text) {
  return (file.replace ?? []).reduce((before, [from, by]) => {
    const count = before.split(from).length - 1
    if (count !== 1) throw new Error(`${file.name}: ${JSON.stringify(from)} is there ${count} times, expected once`)
    return before.replace(from, () => by)
  }, text)
}

function licence(bundle, folder) {
  const texts = bundle.licences.map((path) => readFileSync(join(folder, path), 'utf8'))
  return (texts.length === 0 ? [SCALAR_LICENCE] : texts).join('\n\n')
}

/** All at once: a file that is half there would count as there. */
function write(name, content) {
  const beside = join(ASSETS, `.${name}.${process.pid}`)
  writeFileSync(beside, content)
  renameSync(beside, join(ASSETS, name))
}

function vendor(bundle) {
  const folder = unpack(bundle)
  try {
    write(`LICENSE-${basename(bundle.package)}.txt`, licence(bundle, folder))
    for (const file of bundle.files) {
      const text = edited(file, readFileSync(join(folder, file.from), 'utf8'))
      const packed = gzipSync(text, { level: constants.Z_BEST_COMPRESSION })
      write(`${file.name}.gz`, packed)
      console.log(`assets/docs/${file.name}.gz  ${Math.round(packed.length / 1024)} KB`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Files of releases that are no longer used, or of a run that was ended. */
function dropLeftovers() {
  const wanted = bundles.flatMap((bundle) => [
    `LICENSE-${basename(bundle.package)}.txt`,
    ...bundle.files.map((file) => `${file.name}.gz`),
  ])
  for (const name of readdirSync(ASSETS)) {
    if (!wanted.includes(name)) rmSync(join(ASSETS, name))
  }
}

const missing = bundles.filter((bundle) => force || !isThere(bundle))
mkdirSync(ASSETS, { recursive: true })
for (const bundle of missing) vendor(bundle)
if (missing.length > 0) dropLeftovers()
