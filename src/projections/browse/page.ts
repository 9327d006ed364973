import type { PageFiles } from './asset.ts'
import { Html, attribute, html } from './html.ts'
import { type PageLogin, loginPanel } from './login.ts'
import { type Shown, hrefOf } from './shown.ts'
import { routeOfPath } from './site.ts'

/** A whole page around its content. */
export function pageHtml(shown: Shown, login: PageLogin, files: PageFiles, title: string, content: Html): string {
  const { info } = shown.site.document
  const panel = loginPanel(shown, login)
  const isRefused = shown.status === 401
  const home = shown.view === 'admin' ? hrefOf(shown, '') : shown.prefix + shown.place
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · ${info.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${files.style}">
${scriptTag(files.script)}
</head>
<body data-view="${shown.view}" data-prefix="${shown.prefix}" data-status="${shown.status}" data-api="${shown.prefix}${shown.path}"${attribute('data-admin', shown.admin && shown.prefix + shown.admin.place)}>
<a class="skip" href="#content">Skip to the content</a>
<header><a class="home" href="${home}">${info.title}${shown.view === 'admin' && html` <span class="dim">admin</span>`}</a>
${breadcrumbs(shown)}
${panel.text !== '' && html`<p class="who" data-who hidden><span>Logged in</span> <button type="button" class="quiet" data-log-out>Log out</button></p>${!isRefused && html`<a class="log-in" href="#log-in" data-log-in>Log in</a>`}`}
</header>
<main id="content" tabindex="-1">
${content}
${isRefused && html`<section class="login" aria-label="Log in"><h2>Log in</h2><noscript><p>Logging in here needs JavaScript.</p></noscript>${panel}</section>`}
${!isRefused && panel.text !== '' && html`<details class="login" id="log-in" data-log-in><summary>Log in</summary>${panel}</details>`}
</main>
<p id="told" role="status" aria-live="polite"></p>
</body>
</html>
`.text
}

/** Not by `html`: a bundler that writes the end of a script otherwise gives a tag a helper that the package has not. */
function scriptTag(address: string): Html {
  return new Html(`<script type="module" src="${html`${address}`.text}"></script>`)
}

/** The paths above this one that can be looked at. */
function breadcrumbs(shown: Shown): Html {
  const { site, path, admin, view } = shown
  const parts = path === shown.place ? [] : path.split('/').filter((part) => part !== '')
  const crumbs = parts.flatMap((part, i) => {
    const above = `/${parts.slice(0, i + 1).join('/')}`
    const isLast = i === parts.length - 1
    if (isLast) return [html`<li aria-current="page">${decoded(part)}</li>`]
    if (routeOfPath(site, above)?.get === undefined) return [html`<li class="dim">${decoded(part)}</li>`]
    return [html`<li><a href="${hrefOf(shown, above)}">${decoded(part)}</a></li>`]
  })
  const start =
    view === 'admin' && admin !== undefined
      ? html`<li><a href="${hrefOf(shown, '')}">Tables</a></li>`
      : html`<li><a href="${shown.prefix}${shown.place}">Start</a></li>`
  return html`<nav aria-label="Breadcrumbs"><ol class="crumbs">${start}${crumbs}</ol></nav>`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
