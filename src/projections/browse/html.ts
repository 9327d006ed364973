import { escapeHtml } from '../../compile/escape-html.ts'

/** A piece of a page, escaped already. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Part = Html | string | number | boolean | null | undefined | readonly Part[]

/**
 * A piece of a page. What is put into it is text, whatever it looks like, unless it is a piece itself: nothing that an API
 * gives, or that a caller sends, becomes markup. Attributes are to be quoted. `false`, `null` and `undefined` are nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((before, text, i) => before + textOf(parts[i - 1]) + text))
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(textOf).join('')
  return part === undefined || part === null || part === false ? '' : escapeHtml(String(part))
}

/** An attribute, where there is something to say: `attribute('href', undefined)` is nothing. */
export function attribute(name: string, value: string | number | boolean | undefined): Html {
  if (value === undefined || value === false) return new Html('')
  return value === true ? html` ${name}` : html` ${name}="${value}"`
}
