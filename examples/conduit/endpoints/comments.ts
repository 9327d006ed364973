import { del, Forbidden, get, group, NotFound, noContent, post } from 'trestle'
import { z } from 'zod'
import { forbidden, notFound } from '../errors.ts'
import { user, viewer } from '../session.ts'
import { store } from '../store/store.ts'
import { articleNamed } from './articles.ts'
import { Profile } from './profiles.ts'
import { prose } from './text.ts'

const NewComment = z.object({ body: prose }).meta({ id: 'NewComment' })
const NewCommentRequest = z.object({ comment: NewComment }).meta({ id: 'NewCommentRequest' })

const Comment = z
  .object({
    id: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    body: z.string(),
    author: Profile,
  })
  .meta({ id: 'Comment' })
export type Comment = z.infer<typeof Comment>

const SingleCommentResponse = z.object({ comment: Comment }).meta({ id: 'SingleCommentResponse' })
const MultipleCommentsResponse = z.object({ comments: z.array(Comment) }).meta({ id: 'MultipleCommentsResponse' })

export const comments = group(
  '/articles',
  { tags: ['Comments'] },
  {
    list: get(
      '/{slug}/comments',
      {
        operationId: 'GetArticleComments',
        summary: 'Get comments for an article',
        description: 'Get the comments for an article. Auth is optional',
        returns: MultipleCommentsResponse,
        throws: [NotFound],
        use: { viewer, store },
      },
      ({ params, viewer, store }) => ({
        comments: store.comments.of(articleNamed(params.slug, store, viewer), viewer),
      }),
    ),
    create: post(
      '/{slug}/comments',
      {
        operationId: 'CreateArticleComment',
        summary: 'Create a comment for an article',
        description: 'Create a comment for an article. Auth is required',
        body: NewCommentRequest,
        // 200, not 201: so it is in RealWorld's description.
        returns: SingleCommentResponse,
        throws: [NotFound],
        use: { user, store },
      },
      ({ params, body, user, store }) => ({
        comment: store.comments.insert(articleNamed(params.slug, store, user), user, body.comment.body),
      }),
    ),
    remove: del(
      '/{slug}/comments/{id}',
      {
        operationId: 'DeleteArticleComment',
        summary: 'Delete a comment for an article',
        description: 'Delete a comment for an article. Auth is required',
        params: z.object({ slug: z.string(), id: z.int() }),
        returns: noContent(),
        throws: [NotFound, Forbidden],
        use: { user, store },
      },
      ({ params, user, store }) => {
        const comment = store.comments.byId(articleNamed(params.slug, store, user), params.id, user)
        if (comment === undefined) throw notFound('comment')
        if (comment.authorId !== user.id) throw forbidden('comment')
        store.comments.remove(comment)
      },
    ),
  },
)
