/** Reads what a TypeScript module imports, by parsing it. */
import { Visitor, parseSync } from 'vite'

export interface Import {
  /** As it is written: `../contract/api.ts`, `zod`. */
  readonly from: string
  readonly line: number
  /** `static` is also a re-export; `type` is also `import('./x.ts').X`; `dynamic` is `import('./x.ts')`. */
  readonly kind: 'static' | 'type' | 'dynamic'
}

/** All imports of a module, in the order of the text. */
export function importsOf(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text, { lang: 'ts' })
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].message}`)

  const found: (Import & { readonly at: number })[] = []
  const add = (source: unknown, at: number, kind: Import['kind']) => {
    const { value } = source as { value?: unknown }
    // A name made at run time, `import(file)`, says nothing that could be checked.
    if (typeof value === 'string') found.push({ from: value, line: text.slice(0, at).split('\n').length, kind, at })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.start, node.importKind === 'type' ? 'type' : 'static'),
    ExportAllDeclaration: (node) => add(node.source, node.start, node.exportKind === 'type' ? 'type' : 'static'),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node.source, node.start, node.exportKind === 'type' ? 'type' : 'static')
    },
    ImportExpression: (node) => add(node.source, node.start, 'dynamic'),
    TSImportType: (node) => add(node.source, node.start, 'type'),
  }).visit(program)
  return found.sort((one, other) => one.at - other.at).map(({ at: _, ...rest }) => rest)
}
