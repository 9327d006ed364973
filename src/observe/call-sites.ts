/** Finds the line of code on whose behalf something runs, also where only promises lead there. */
export interface CallSites {
  /** Runs work, and remembers where its promises are made. */
  readonly follow: <T>(work: () => Promise<T>) => Promise<T>
  /** The line that led here: `customerOf (/shop/orders.ts:12:9)`. undefined where none is of the caller's own code. */
  readonly find: () => string | undefined
  readonly forget: () => void
}

/** How many promises lead from a line to what runs on its behalf, at the most. */
const MOST_STEPS = 30

/** Lines of a stack that are looked at. */
const MOST_FRAMES = 30

interface Made {
  readonly stack: { readonly stack?: string }
  /** The promise in whose work it was made. */
  readonly by: number
}

/**
 * A query builder is awaited, and runs when the promise of that `await` calls it: the stack is empty by then. So the stack
 * is kept where each promise is made, and the promises are followed back.
 */
export function createCallSites(): CallSites {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks')
  if (hooks === undefined) return { follow: (work) => work(), find: () => undefined, forget: () => undefined }
  const { AsyncLocalStorage, createHook, executionAsyncId } = hooks
  const made = new Map<number, Made>()
  const own = new AsyncLocalStorage<true>()
  const hook = createHook({
    init(id, type, by) {
      if (type === 'PROMISE' && own.getStore() === true) made.set(id, { stack: stackHere(), by })
    },
  })
  return {
    follow: (work) => {
      hook.enable()
      return own.run(true, work)
    },
    find: () => {
      const here = ownFrame(stackHere())
      if (here !== undefined) return here
      let id = executionAsyncId()
      for (let step = 0; step < MOST_STEPS; step++) {
        const from = made.get(id)
        if (from === undefined) return undefined
        const frame = ownFrame(from.stack)
        if (frame !== undefined) return frame
        id = from.by
      }
      return undefined
    },
    forget: () => {
      hook.disable()
      made.clear()
    },
  }
}

/** Its text is made when it is asked for. */
function stackHere(): { readonly stack?: string } {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = MOST_FRAMES
  const held = {}
  Error.captureStackTrace(held, stackHere)
  Error.stackTraceLimit = limit
  return held
}

/** The folder of this package's code, `src` or `dist`. Bundlers may leave a module without a place. */
const PACKAGE = (import.meta.url as string | undefined)
  ?.replace(/^file:\/\//, '')
  .replace(/\/(src|dist)\/(?!.*\/(?:src|dist)\/).*$/, '/$1/')

/** The first line of a stack that is neither of a package nor of the runtime. */
function ownFrame({ stack = '' }: { readonly stack?: string }): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const [, name, file] = /^\s*at (?:async )?(?:(.+?) \()?((?:file:\/\/)?[^()]+:\d+:\d+)\)?$/.exec(line) ?? []
    if (file === undefined) continue
    const path = file.replace(/^file:\/\//, '')
    if (/^node:|\/node_modules\//.test(path) || (PACKAGE !== undefined && path.startsWith(PACKAGE))) continue
    return name === undefined ? path : `${name} (${path})`
  }
  return undefined
}
