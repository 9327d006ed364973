import type { Page } from 'playwright-core'

/**
 * What people could not read or reach: text without contrast (WCAG 2.2 §1.4.3), controls without a name (§4.1.2), ids that
 * are there twice, headings that leave one out, pictures and landmarks that are missing.
 */
export async function unreadable(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const isShown = (one: Element): boolean => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = channels(color)
        .slice(0, 3)
        .map((one) => one / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const ground = (one: Element | null): string => {
      if (one === null) return 'rgb(255, 255, 255)'
      const color = getComputedStyle(one).backgroundColor
      return (channels(color)[3] ?? 1) === 0 ? ground(one.parentElement) : color
    }
    const nameOf = (one: Element): string => {
      const labelled = (one.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent)
      const labels = [...((one as HTMLInputElement).labels ?? [])].map((label) => label.textContent)
      return [one.getAttribute('aria-label'), ...labelled, ...labels, one.textContent].join('').trim()
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const one = node.parentElement as HTMLElement
      if (node.textContent?.trim() === '' || !isShown(one) || one.closest('option, template, noscript') !== null)
        continue
      const [light, dark] = [luminance(getComputedStyle(one).color), luminance(ground(one))].toSorted((a, b) => b - a)
      const contrast = ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
      if (contrast < 4.5) found.push(`${contrast.toFixed(1)}: ${node.textContent?.trim().slice(0, 30)}`)
    }
    for (const one of document.querySelectorAll(
      'input:not([type=hidden]), select, textarea, button, a[href], summary',
    )) {
      if (isShown(one) && nameOf(one) === '') found.push(`no name: ${one.outerHTML.slice(0, 80)}`)
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    for (const id of new Set(ids.filter((one, i) => ids.indexOf(one) !== i))) found.push(`twice: ${id}`)
    for (const one of document.querySelectorAll('[for]')) {
      if (document.getElementById(one.getAttribute('for') as string) === null)
        found.push(`for nothing: ${one.outerHTML}`)
    }
    for (const landmark of ['main', 'header', 'h1']) {
      if (document.querySelectorAll(`body > ${landmark}, main ${landmark}`).length !== 1)
        found.push(`not one ${landmark}`)
    }
    let level = 1
    for (const heading of document.querySelectorAll('h1, h2, h3')) {
      const own = Number(heading.tagName.slice(1))
      if (isShown(heading) && own > level + 1) found.push(`a heading is left out before ${heading.textContent}`)
      level = own
    }
    if (document.documentElement.lang === '') found.push('no language')
    return found
  })
}
