import type { Tool } from './tool.ts'

/** Redoc: the whole document as one page to read. It cannot send requests, and has no dark colours. */
export const redoc: Tool = {
  label: 'Redoc',
  bundle: {
    package: 'redoc',
    version: '2.5.4',
    integrity: 'sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ==',
    licences: [
      'LICENSE',
      'bundles/redoc.standalone.js.LICENSE.txt',
      'bundles/d87bcbdbea8f8f5aa26f.worker.js.LICENSE.txt',
    ],
    files: [
      {
        name: 'redoc-2.5.4.js',
        from: 'bundles/redoc.standalone.js',
        mediaType: 'text/javascript',
        // Its maker's logo, which no setting switches off. A picture that cannot load is taken out.
        replace: [['"https://cdn.redoc.ly/redoc/logo-mini.svg"', '"data:,"']],
      },
    ],
  },
  start: `'use strict'
addEventListener('DOMContentLoaded', () => {
  const page = document.getElementById('docs')
  Redoc.init(page.dataset.document, { sanitize: true, schemaDefinitionsTagName: 'Schemas' }, page)
})
`,
  style: `body { margin: 0 }
`,
  // Its search runs in a worker made from a text inside the bundle.
  needs: { inlineStyles: true, blobWorkers: true },
}
