import type { JsonSchema } from '../openapi/objects.ts'
import { type Field, fieldHtml, kindOf, memberFields } from './field.ts'
import { type Html, attribute, html } from './html.ts'
import { factsOf } from './schema.ts'
import { type Shown, hrefOf, isRecord, itemsOf } from './shown.ts'
import { type Action, routesBelow } from './site.ts'

/** What a form is to say and to begin with. */
export interface FormOptions {
  /** The path that it sends to. */
  readonly path: string
  /** What the button says. */
  readonly label: string
  /** What is there now, where the form changes it. */
  readonly current?: Readonly<Record<string, unknown>>
  readonly isOpen?: boolean
  readonly isDangerous?: boolean
  /** What it gives is who one is from then on. */
  readonly isLogin?: boolean
}

/** Forms for what can be done at the path that is shown, and right below it. */
export function formSections(shown: Shown): Html {
  const { route, path, value } = shown
  if (route === undefined) return html``
  const current = isRecord(value) && itemsOf(value) === undefined ? value : undefined
  const { post, put, patch, delete: remove } = route
  // In the admin a thing is there to be changed.
  const isAdmin = shown.view === 'admin'
  const forms = [
    patch && form(shown, patch, { path, label: 'Save changes', ...(current && { current }), isOpen: isAdmin }),
    put && form(shown, put, { path, label: 'Replace', ...(current && { current }) }),
    post && form(shown, post, { path, label: post.creates ? 'Create' : post.summary, isOpen: route.get === undefined }),
    ...actionsBelow(shown).map(([action, where]) => form(shown, action, { path: where, label: action.summary })),
    remove && form(shown, remove, { path, label: 'Delete', isDangerous: true }),
  ].filter((one) => one !== undefined)
  if (forms.length === 0) return html``
  return html`<section class="forms" aria-label="What can be done here">${forms}</section>`
}

/** What is done by a POST to a name below: `/orders/42/pay`. */
function actionsBelow(shown: Shown): [Action, string][] {
  const { site, route, path } = shown
  if (route === undefined) return []
  return routesBelow(site, route, 'literal').flatMap(({ get, post, segments }): [Action, string][] => {
    if (post === undefined || get !== undefined) return []
    // The bulk forms of an admin have controls of their own.
    if (shown.view === 'admin' && segments.some(({ text }) => text === 'bulk')) return []
    const below = segments.slice(route.segments.length).map(({ text }) => encodeURIComponent(text))
    return [[post, `${path.replace(/\/$/, '')}/${below.join('/')}`]]
  })
}

/** A form that sends one request. Its fields are those of the body. */
export function form(shown: Shown, action: Action, options: FormOptions): Html {
  const { site, prefix } = shown
  const { body, method, id } = action
  const facts = body && factsOf(site.document, body.schema)
  if (body !== undefined && !isWritable(body.mediaType)) {
    return html`<details class="form"><summary>${summaryOf(action)}</summary><p>It takes <code>${body.mediaType}</code>: send it from a program, as the documentation says.</p></details>`
  }
  const etag = options.current === undefined && method !== 'DELETE' ? undefined : strong(shown.header('etag'))
  const kept = takes(action, 'Idempotency-Key')
  const edits = options.current !== undefined
  const field: Field = {
    name: 'body',
    schema: body?.schema ?? {},
    required: body?.required === true,
    value: options.current ?? exampleOf(facts?.schema),
    id: `${options.isLogin ? 'login' : 'form'}-${id}`,
    depth: 0,
    edits,
  }
  const isObject = facts !== undefined && kindOf(site, facts, 0) === 'object'
  const fields =
    body === undefined || facts === undefined
      ? html``
      : isObject
        ? html`<div data-body data-kind="object" data-empty="absent">${memberFields(site, facts, edits ? field : { ...field, value: undefined })}</div>`
        : html`<div data-body>${fieldHtml(site, field)}</div>`
  const inner = html`<form data-send="${method}" data-url="${prefix}${options.path}" data-operation="${id}"${attribute('data-type', body?.mediaType)}${attribute('data-etag', etag)}${attribute('data-key', kept)}${attribute('data-edits', edits)}${attribute('data-login', options.isLogin)} data-page="${hrefOf(shown, shown.path)}" novalidate>
${action.description !== undefined && html`<p class="about">${action.description}</p>`}
${queryFields(shown, action)}${fields}
<p class="error" data-error-of-form role="alert" hidden></p>
<p class="buttons"><button type="submit"${options.isDangerous && html` class="danger"`}>${options.label}</button> <span class="dim"><code>${method} ${options.path}</code></span></p>
${!options.isLogin && html`<details class="snippet"><summary>As a command</summary><pre><code data-curl></code></pre></details>`}
</form>`
  if (options.isLogin) return inner
  return html`<details class="form"${attribute('open', options.isOpen)}><summary>${summaryOf(action)}</summary>
${inner}</details>`
}

function summaryOf({ summary, deprecated }: Action): Html {
  return html`${summary}${deprecated && html` <span class="flag">deprecated</span>`}`
}

/** The fields of the query of what changes something, such as a dry run. */
function queryFields({ site }: Shown, action: Action): Html {
  const fields = action.parameters.filter(({ in: place }) => place === 'query')
  if (fields.length === 0) return html``
  return html`<div class="grid" data-query>${fields.map(({ name, schema, required }) =>
    fieldHtml(site, {
      name,
      schema: schema as JsonSchema,
      required: required === true,
      value: undefined,
      id: `form-${action.id}-query-${name}`,
      depth: 2,
      edits: false,
    }),
  )}</div>`
}

function isWritable(mediaType: string): boolean {
  return /[/+]json\b|x-www-form-urlencoded/.test(mediaType)
}

/** The entity tag, where `If-Match` can hold it: a weak one matches nothing (RFC 9110 §13.1.1). */
function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith('W/') ? undefined : etag
}

/** True where the operation takes a header field. */
export function takes({ parameters }: Action, name: string): boolean {
  return parameters.some((one) => one.in === 'header' && one.name.toLowerCase() === name.toLowerCase())
}

function exampleOf(schema: JsonSchema | undefined): unknown {
  return Array.isArray(schema?.examples) ? schema.examples[0] : undefined
}
