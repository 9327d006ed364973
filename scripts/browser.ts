/** Sees to the browser that some tests need, and hands its path on as CHROMIUM. */
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { aptInstall } from './apt.ts'
import type { Outcome } from './run.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

export async function findBrowser(): Promise<Outcome> {
  const named = process.env.CHROMIUM
  if (named && !canRun(named))
    return { ok: false, output: `CHROMIUM is "${named}", which is no program that can be run` }
  let said = ''
  let found = browserPath()
  if (found === undefined) {
    said = await aptInstall('chromium')
    found = browserPath()
  }
  if (found === undefined) {
    const how = process.platform === 'darwin' ? '`brew install --cask chromium`' : '`sudo apt-get install chromium`'
    return {
      ok: false,
      output: `${said}no browser: install Chromium or Chrome (${how}), or set CHROMIUM to the path of one`,
    }
  }
  process.env.CHROMIUM = found
  return { ok: true, output: '' }
}

/** The path of a browser that is there. */
export function browserPath(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  // /usr/bin also where the PATH leaves it out: it is where apt-get puts it.
  return [
    ...names.flatMap((name) => [...folders, '/usr/bin'].map((folder) => path.join(folder, name))),
    ...places,
  ].find(canRun)
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
