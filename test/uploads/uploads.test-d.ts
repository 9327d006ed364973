import { z } from 'zod'
import { createClient } from '../../src/client.ts'
import { type Upload, api, multipart, post, upload } from '../../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : [differs: A, from: B]): void {}

const body = multipart({
  title: z.string(),
  copies: z.int().default(1),
  note: z.string().optional(),
  cover: upload({ types: ['image/png'] }),
  back: upload({ optional: true, sha256: true }),
  pages: upload({ many: 3 }),
  drafts: upload({ many: 3, optional: true }),
})

const app = api({
  create: post('/covers', { body }, ({ body }) => {
    // What a handler gets.
    same<typeof body.title, string>()
    same<typeof body.copies, number>()
    same<typeof body.note, string | undefined>()
    same<typeof body.cover, Upload<undefined>>()
    same<typeof body.back, Upload<string> | undefined>()
    same<typeof body.pages, readonly Upload<undefined>[]>()
    same<typeof body.drafts, readonly Upload<undefined>[]>()
    // @ts-expect-error the form has no such field
    body.isbn
    return { title: body.title }
  }),
})

const client = createClient<typeof app>('http://local')
const png = new Blob([], { type: 'image/png' })

// What a caller sends.
client.create({ body: { title: 'a', cover: png, pages: [png] } })
client.create({
  body: { title: 'a', copies: 2, note: 'b', cover: new File([], 'a'), back: png, pages: [], drafts: [png] },
})
// @ts-expect-error the cover is needed
client.create({ body: { title: 'a', pages: [] } })
// @ts-expect-error a file is no text
client.create({ body: { title: 'a', cover: 'png', pages: [] } })
// @ts-expect-error a list of files is a list
client.create({ body: { title: 'a', cover: png, pages: png } })
// @ts-expect-error there is no such field
client.create({ body: { title: 'a', cover: png, pages: [], isbn: '1' } })
// @ts-expect-error a size is a number
upload({ most: '5 MB' })
// @ts-expect-error there is no such option
upload({ size: 5 })
// @ts-expect-error a field is a schema or an upload
multipart({ title: 'text' })
