import type { MultipartDecoder } from '../../compile/decoder.ts'
import { type Dependency, depends } from '../../contract/depends.ts'
import type { FieldError } from '../../contract/problem.ts'
import type { AppScope } from '../dependencies.ts'
import type { Exchange } from '../exchange.ts'
import type { FormParts } from './form-parts.ts'
import type { TemporaryFiles } from './temporary-file.ts'

/** Reads the form of a request. Refused fields go to `errors`. */
export type ReadMultipart = (x: Exchange, limit: number, errors: FieldError[]) => Promise<FormParts>

/** Of all forms of an API. Where there is no file system, only files that fit in memory can be taken. */
const temporaryFiles: Dependency<TemporaryFiles> = depends(
  {},
  async function* () {
    const files = await import('./temporary-files.ts')
      .then(({ openTemporaryFiles }) => openTemporaryFiles())
      .catch(none)
    yield files
    await files.close()
  },
  { scope: 'app', eager: true, name: 'temporary files' },
)

function none(cause: unknown): TemporaryFiles {
  return {
    create: () => {
      throw new Error('this file is too large for memory, and there can be no temporary files here', { cause })
    },
    close: async () => {},
  }
}

const SLOT = {
  dependency: temporaryFiles,
  names: [],
  uses: [],
  when: 'handle',
  untilReply: false,
  serves: undefined,
  security: undefined,
} as const

/** The reader of an endpoint's forms. Only APIs that take forms load what reads them, at start. */
export function multipartReader(decoder: MultipartDecoder, app: AppScope): ReadMultipart {
  const files = app.cell(SLOT, [SLOT])
  const loading = import('./form.ts')
  return async (x, limit, errors) => {
    const { readForm } = await loading
    const temporary = (files.ready ? files.value : await files.start()) as TemporaryFiles
    return readForm(x, decoder, limit, temporary, errors)
  }
}
