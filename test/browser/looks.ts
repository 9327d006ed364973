import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Watched } from './chromium.ts'

/** The screens that pages are looked at on. */
export const LOOKS = [
  { name: 'desktop-light', width: 1280, height: 900, scheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark' },
] as const

/** What takes pictures of what tests see. Set SCREENSHOTS to a folder to have them. */
export function camera(of: string, { fullPage = false } = {}): (seen: Watched, name: string) => Promise<void> {
  return async ({ page }, name) => {
    const folder = process.env.SCREENSHOTS
    if (folder === undefined) return
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${of}-${name}.png`), fullPage })
  }
}
