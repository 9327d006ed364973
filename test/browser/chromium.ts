import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type Page, chromium } from 'playwright-core'

export interface Chromium {
  readonly open: (url: string, look?: Look) => Promise<Watched>
  /** Another profile of the same browser, in which no page runs a script. */
  readonly withoutScripts: () => Promise<BrowserContext>
  readonly close: () => Promise<void>
}

export interface Look {
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
}

/** A page, and what went wrong in it: errors, refusals of its policy, requests to other hosts. */
export interface Watched {
  readonly page: Page
  readonly faults: string[]
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // No other host has an address, so what the watching misses fails all the same.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  // Of files whose names it cannot read, it says that they are not there.
  env: { ...process.env, LC_ALL: 'C.UTF-8' },
}

/** A real Chromium with an empty profile. */
export async function createChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'trestle-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...LAUNCH,
    args: ARGS,
  })
  // Also refusals that the console would not show as errors.
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`refused by ${event.violatedDirective}: ${event.blockedURI}`)
    })
  })
  return {
    open: (url, look = {}) => open(context, url, look),
    withoutScripts: async () => {
      const other = await chromium.launch({ ...LAUNCH, args: ARGS })
      const scriptless = await other.newContext({ javaScriptEnabled: false })
      scriptless.on('close', () => void other.close())
      return scriptless
    },
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

async function open(context: BrowserContext, url: string, look: Look): Promise<Watched> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  await page.emulateMedia({ colorScheme: look.scheme ?? 'light' })
  await page.setViewportSize({ width: look.width ?? 1280, height: look.height ?? 900 })
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`))
  page.on('request', (request) => {
    const asked = request.url()
    const isOwn = asked.startsWith(`${origin}/`) || asked.startsWith('data:') || asked.startsWith(`blob:${origin}/`)
    if (!isOwn) faults.push(`asked ${asked}`)
  })
  await page.goto(url)
  return { page, faults }
}
