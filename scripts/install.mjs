// @ts-check
// Brings node_modules in line with package-lock.json. It is the one script that must run under the
// Node.js that happens to be there (20 or later) with nothing installed; every other runs under ours.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const modules = path.join(root, 'node_modules')
const node = path.join(modules, 'node', 'bin', 'node')

if (!existsSync(path.join(modules, '.package-lock.json'))) {
  npm('installing dependencies with `npm ci`, this once', ['ci'])
} else if (!matchesLockfile()) {
  // Not `npm ci`: that would empty node_modules under whatever runs from it.
  npm('package-lock.json has changed, installing what differs', ['install', '--no-save'])
}
if (!existsSync(node)) fetchNode()

/** Compares what npm says it installed with what the lockfile asks for. */
function matchesLockfile() {
  const wanted = packages(path.join(root, 'package-lock.json'))
  const found = packages(path.join(modules, '.package-lock.json'))
  return Object.entries(wanted).every(([place, entry]) => {
    if (!place.startsWith('node_modules/') && !place.includes('/node_modules/')) return true
    const here = found[place]
    // Packages for other platforms are in the lockfile and never installed.
    if (here === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true
    return here.version === entry.version && here.integrity === entry.integrity && here.link === entry.link
  })
}

/** @param {string} file */
function packages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/** The package `node` gets its binary in an install script, which npm can be told not to run. */
function fetchNode() {
  if (!existsSync(path.join(modules, 'node', 'installArchSpecificPackage.js'))) fail('node_modules/node is missing')
  say('fetching the Node.js that this project runs on')
  run(process.execPath, ['installArchSpecificPackage.js'], path.join(modules, 'node'))
}

/**
 * @param {string} what
 * @param {readonly string[]} args
 */
function npm(what, args) {
  say(what)
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], root)
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  // What npm starts must not be the Node.js that npm is about to replace.
  const PATH = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes(`node_modules${path.sep}.bin`))
    .join(path.delimiter)
  const done = spawnSync(command, args, { cwd, env: { ...process.env, PATH }, encoding: 'utf8', timeout: 600_000 })
  if (done.status === 0) return
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
  fail(`\`${command} ${args.join(' ')}\` failed: ${done.error?.message ?? done.signal ?? `exit code ${done.status}`}`)
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`trestle: ${text}\n`)
}

/**
 * @param {string} text
 * @returns {never}
 */
function fail(text) {
  say(text)
  process.exit(1)
}
