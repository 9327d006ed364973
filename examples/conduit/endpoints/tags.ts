import { get } from 'trestle'
import { z } from 'zod'
import { store } from '../store/store.ts'

const TagsResponse = z.object({ tags: z.array(z.string()) }).meta({ id: 'TagsResponse' })

export const tags = get(
  '/tags',
  {
    operationId: 'GetTags',
    summary: 'Get tags',
    description: 'Get tags. Auth not required',
    tags: ['Tags'],
    returns: TagsResponse,
    use: { store },
  },
  ({ store }) => ({ tags: store.articles.tags() }),
)
