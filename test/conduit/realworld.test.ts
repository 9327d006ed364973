/**
 * What RealWorld's own test suite asks of a server, in its order: accounts, articles, comments,
 * favorites, the feed, pages, profiles, tags. Status codes and shapes are those of the description in
 * `fixtures`; messages are ours.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, startConduit } from './server.ts'

let conduit: Caller
beforeAll(async () => {
  conduit = await startConduit()
})
afterAll(() => conduit.stop())

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const failure = (...messages: string[]) => ({ errors: { body: messages } })
const author = (username: string, following = false) => ({ username, bio: null, image: null, following })

describe('accounts', () => {
  const account = { username: 'auth', email: 'auth@test.com', password: 'password123' }
  let token: string

  test('registering and logging in give the same user, with a token', async () => {
    const user = { username: 'auth', email: 'auth@test.com', bio: null, image: null, token: expect.any(String) }
    const registered = await conduit.call('POST', '/users', { body: { user: account } })
    expect([registered.status, registered.body]).toEqual([201, { user }])
    const { email, password } = account
    const loggedIn = await conduit.call('POST', '/users/login', { body: { user: { email, password } } })
    expect([loggedIn.status, loggedIn.body]).toEqual([200, { user }])
    token = loggedIn.body.user.token
    const current = await conduit.call('GET', '/user', { token })
    expect([current.status, current.body]).toEqual([200, { user }])
  })

  test.each([
    ['bio', 'Updated bio'],
    ['image', 'https://example.com/photo.jpg'],
  ])('%s can be set, emptied, set again and taken away', async (field, value) => {
    for (const [given, kept] of [
      [value, value],
      ['', null],
      [value, value],
      [null, null],
    ]) {
      const updated = await conduit.call('PUT', '/user', { token, body: { user: { [field]: given } } })
      expect([updated.status, updated.body.user[field]]).toEqual([200, kept])
      expect((await conduit.call('GET', '/user', { token })).body.user).toMatchObject({
        username: 'auth',
        [field]: kept,
      })
    }
  })

  test('a new name and address leave the rest as it was, and the token holds', async () => {
    await conduit.call('PUT', '/user', { token, body: { user: { bio: 'Kept' } } })
    const changed = { username: 'auth_upd', email: 'auth_upd@test.com' }
    const { status, body } = await conduit.call('PUT', '/user', { token, body: { user: changed } })
    expect([status, body.user]).toMatchObject([200, { ...changed, bio: 'Kept', image: null }])
    for (const held of [token, body.user.token]) {
      expect((await conduit.call('GET', '/user', { token: held })).body.user).toMatchObject(changed)
    }
  })

  test('a new password is the one that counts', async () => {
    await conduit.call('PUT', '/user', { token, body: { user: { password: 'another one' } } })
    const login = (password: string) =>
      conduit.call('POST', '/users/login', { body: { user: { email: 'AUTH_upd@test.com', password } } })
    expect((await login('password123')).status).toBe(401)
    expect((await login('another one')).status).toBe(200)
  })

  test.each([
    ['username', '', "username: can't be blank"],
    ['username', '   ', "username: can't be blank"],
    ['email', '', 'email: Invalid email address'],
    ['password', '', "password: can't be blank"],
    ['password', undefined, 'password: This field is required'],
  ])('registering with %s %j is refused', async (field, value, message) => {
    const user = { username: 'blank', email: 'blank@test.com', password: 'password123', [field]: value }
    const { status, body } = await conduit.call('POST', '/users', { body: { user } })
    expect([status, body]).toEqual([422, failure(message)])
  })

  test('a name or address that is taken is refused, both at once, in any case', async () => {
    await conduit.register('dup')
    const taken = async (username: string, email: string) => {
      const user = { username, email, password: 'password123' }
      const { status, body } = await conduit.call('POST', '/users', { body: { user } })
      expect(status).toBe(422)
      return body.errors.body
    }
    expect(await taken('dup', 'dup2@test.com')).toEqual(['username: has already been taken'])
    expect(await taken('dup2', 'dup@test.com')).toEqual(['email: has already been taken'])
    expect(await taken('DUP', 'Dup@test.com')).toEqual([
      'email: has already been taken',
      'username: has already been taken',
    ])
    const other = await conduit.register('dup3')
    const { status, body } = await conduit.call('PUT', '/user', { token: other, body: { user: { username: 'dup' } } })
    expect([status, body]).toEqual([422, failure('username: has already been taken')])
    // One's own name is not somebody else's.
    expect((await conduit.call('PUT', '/user', { token: other, body: { user: { username: 'dup3' } } })).status).toBe(
      200,
    )
  })

  test('logging in wrongly tells nothing of which part was wrong', async () => {
    await conduit.register('login')
    const login = (user: object) => conduit.call('POST', '/users/login', { body: { user } })
    const wrong = await login({ email: 'login@test.com', password: 'wrongpassword' })
    const nobody = await login({ email: 'nobody@test.com', password: 'password123' })
    expect([wrong.status, wrong.body]).toEqual([401, failure('email or password: is invalid')])
    expect([nobody.status, nobody.body]).toEqual([401, wrong.body])
    expect(await login({ email: '', password: '' })).toMatchObject({
      status: 422,
      body: failure("email: can't be blank", "password: can't be blank"),
    })
  })

  test.each([
    ['email', ''],
    ['email', null],
    ['username', ''],
    ['username', null],
    ['password', ''],
  ])('%s cannot become %j', async (field, value) => {
    const { status, body } = await conduit.call('PUT', '/user', { token, body: { user: { [field]: value } } })
    expect([status, body.errors.body]).toEqual([422, [expect.stringMatching(`^${field}: `)]])
  })

  test('an update of nothing is refused', async () => {
    const { status, body } = await conduit.call('PUT', '/user', { token, body: { user: {} } })
    expect([status, body]).toEqual([422, failure('user: At least one field is required')])
  })
})

describe('articles', () => {
  let token: string
  let slug: string
  let first: Record<string, unknown>
  beforeAll(async () => {
    token = await conduit.register('art')
  })

  test('one is written', async () => {
    const article = {
      title: 'Test Article',
      description: 'Test description',
      body: '    Test body',
      tagList: ['d_1', 't_1'],
    }
    const { status, headers, body } = await conduit.call('POST', '/articles', { token, body: { article } })
    first = {
      ...article,
      slug: 'test-article',
      createdAt: expect.stringMatching(TIME),
      updatedAt: expect.stringMatching(TIME),
      favorited: false,
      favoritesCount: 0,
      author: author('art'),
    }
    expect([status, body]).toEqual([201, { article: first }])
    expect(headers.get('location')).toBe('/api/articles/test-article')
    slug = body.article.slug
    first = body.article
  })

  test('it is read, by anybody', async () => {
    for (const options of [{}, { token }]) {
      const { status, body } = await conduit.call('GET', `/articles/${slug}`, options)
      expect([status, body]).toEqual([200, { article: first }])
    }
  })

  test.each(['', '?author=art', '?tag=d_1', '?author=art&tag=t_1', '?author=&tag='])(
    'it is listed without its body: /articles%s',
    async (query) => {
      const { body: _, ...listed } = first
      for (const options of [{}, { token }]) {
        const { status, body } = await conduit.call('GET', `/articles${query}`, options)
        expect([status, body]).toEqual([200, { articles: [listed], articlesCount: 1 }])
      }
    },
  )

  test.each(['?author=nobody', '?tag=none', '?favorited=art', '?author=art&tag=none'])(
    'others are not: /articles%s',
    async (query) => {
      const { body } = await conduit.call('GET', `/articles${query}`)
      expect(body).toEqual({ articles: [], articlesCount: 0 })
    },
  )

  test('an update changes what it names, and the time', async () => {
    const { status, body } = await conduit.call('PUT', `/articles/${slug}`, {
      token,
      body: { article: { body: 'New body' } },
    })
    const updated = { ...first, body: 'New body', updatedAt: expect.stringMatching(TIME) }
    expect([status, body]).toEqual([200, { article: updated }])
    expect(body.article.updatedAt > String(first.updatedAt)).toBe(true)
    expect((await conduit.call('GET', `/articles/${slug}`)).body).toEqual(body)
  })

  test('tags stay, go and are checked', async () => {
    const put = (article: object) => conduit.call('PUT', `/articles/${slug}`, { token, body: { article } })
    expect((await put({ description: 'Other' })).body.article.tagList).toEqual(['d_1', 't_1'])
    expect((await put({ tagList: null })).status).toBe(422)
    expect((await put({ tagList: [] })).body.article.tagList).toEqual([])
    expect((await conduit.call('GET', `/articles/${slug}`)).body.article.tagList).toEqual([])
  })

  test('a new title makes a new slug', async () => {
    const old = await conduit.write(token, 'Old title')
    const { body } = await conduit.call('PUT', `/articles/${old}`, { token, body: { article: { title: 'New title' } } })
    expect(body.article).toMatchObject({ slug: 'new-title', title: 'New title' })
    expect((await conduit.call('GET', `/articles/${old}`)).status).toBe(404)
    const again = await conduit.call('PUT', '/articles/new-title', { token, body: { article: { title: 'New title' } } })
    expect(again.body.article.slug).toBe('new-title')
  })

  test('one is deleted', async () => {
    const { status, body } = await conduit.call('DELETE', `/articles/${slug}`, { token })
    expect([status, body]).toEqual([204, undefined])
    const gone = await conduit.call('GET', `/articles/${slug}`)
    expect([gone.status, gone.body]).toEqual([404, failure('article: not found')])
  })

  test.each([
    ['title', "title: can't be blank"],
    ['description', "description: can't be blank"],
    ['body', "body: can't be blank"],
  ])('one without a %s is refused', async (field, message) => {
    const article = { title: 'Blank', description: 'test', body: 'test', [field]: '' }
    const { status, body } = await conduit.call('POST', '/articles', { token, body: { article } })
    expect([status, body]).toEqual([422, failure(message)])
  })

  test('two may have one title, but not one slug', async () => {
    const slugs = [await conduit.write(token, 'Dup Title'), await conduit.write(token, 'Dup Title!')]
    expect(slugs[0]).toBe('dup-title')
    expect(slugs[1]).toMatch(/^dup-title-[0-9a-f]{8}$/)
  })

  test.each([
    ['Ça va, où?', 'ca-va-ou'],
    ['日本語 タイトル', '日本語-タイトル'],
    ['???', 'article'],
    ['x'.repeat(5000), 'x'.repeat(80)],
  ])('the title %.20s gives a slug that reads', async (title, expected) => {
    const made = await conduit.write(token, title)
    expect(made.normalize('NFC')).toBe(expected.normalize('NFC'))
    expect((await conduit.call('GET', `/articles/${encodeURIComponent(made)}`)).body.article.title).toBe(title)
  })

  test('an article called "Feed" does not hide behind the feed', async () => {
    const made = await conduit.write(token, 'Feed')
    expect((await conduit.call('GET', `/articles/${made}`)).body.article.title).toBe('Feed')
  })
})

describe('what needs a user', () => {
  const article = { title: 'No auth', description: 'test', body: 'test' }
  const endpoints: [string, string, unknown?][] = [
    ['GET', '/user'],
    ['PUT', '/user', { user: { bio: 'test' } }],
    ['POST', '/articles', { article }],
    ['GET', '/articles/feed'],
    ['PUT', '/articles/some-slug', { article: { body: 'test' } }],
    ['DELETE', '/articles/some-slug'],
    ['POST', '/articles/some-slug/favorite'],
    ['DELETE', '/articles/some-slug/favorite'],
    ['POST', '/articles/some-slug/comments', { comment: { body: 'test' } }],
    ['DELETE', '/articles/some-slug/comments/1'],
    ['POST', '/profiles/nobody/follow'],
    ['DELETE', '/profiles/nobody/follow'],
  ]

  test.each(endpoints)('%s %s without a token', async (method, path, body) => {
    const reply = await conduit.call(method, path, { body })
    expect([reply.status, reply.body]).toEqual([401, failure('token: is missing')])
    expect(reply.headers.get('www-authenticate')).toBe('Token')
  })

  test.each([...endpoints, ['GET', '/articles'], ['GET', '/profiles/nobody']] as typeof endpoints)(
    '%s %s with a token that is not ours',
    async (method, path, body) => {
      const reply = await conduit.call(method, path, { body, token: 'a.b.c' })
      expect([reply.status, reply.body]).toEqual([401, failure('token: is not valid')])
    },
  )

  test('a token is asked for before the body is looked at', async () => {
    expect((await conduit.call('POST', '/articles', { body: '{' })).status).toBe(401)
  })

  test('unsigned tokens and those of other schemes are refused', async () => {
    const token = await conduit.register('forger')
    const [, payload] = token.split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const authorization of [
      `Token ${none}.${payload}.`,
      `Token ${none}.${payload}.x`,
      `Basic ${token}`,
      token,
      'Token',
    ]) {
      const { status } = await fetch(`${conduit.url}/api/user`, { headers: { authorization } })
      expect([authorization, status]).toEqual([authorization, 401])
    }
    expect((await fetch(`${conduit.url}/api/user`, { headers: { authorization: `token ${token}` } })).status).toBe(200)
  })
})

describe('what is somebody else’s', () => {
  test('only its author edits or deletes an article or a comment', async () => {
    const [a, b] = [await conduit.register('authz_a'), await conduit.register('authz_b')]
    const slug = await conduit.write(a, 'Authz Article')
    const hijack = { article: { body: 'hijacked' } }
    const mine = [
      await conduit.call('DELETE', `/articles/${slug}`, { token: b }),
      await conduit.call('PUT', `/articles/${slug}`, { token: b, body: hijack }),
    ]
    for (const { status, body } of mine) {
      expect([status, body]).toEqual([403, failure('article: only its author may change it')])
    }
    const comment = { comment: { body: "A's comment" } }
    const { id } = (await conduit.call('POST', `/articles/${slug}/comments`, { token: a, body: comment })).body.comment
    const denied = await conduit.call('DELETE', `/articles/${slug}/comments/${id}`, { token: b })
    expect([denied.status, denied.body]).toEqual([403, failure('comment: only its author may change it')])
    const { comments } = (await conduit.call('GET', `/articles/${slug}/comments`)).body
    expect(comments).toMatchObject([{ id, body: "A's comment" }])
    expect((await conduit.call('GET', `/articles/${slug}`)).body.article.body).toBe('Test body')
  })
})

describe('what is not there', () => {
  let token: string
  beforeAll(async () => {
    token = await conduit.register('seeker')
  })

  test.each([
    ['GET', '/articles/unknown', undefined, 'article'],
    ['PUT', '/articles/unknown', { article: { body: 'test' } }, 'article'],
    ['DELETE', '/articles/unknown', undefined, 'article'],
    ['POST', '/articles/unknown/favorite', undefined, 'article'],
    ['DELETE', '/articles/unknown/favorite', undefined, 'article'],
    ['GET', '/articles/unknown/comments', undefined, 'article'],
    ['POST', '/articles/unknown/comments', { comment: { body: 'orphan' } }, 'article'],
    ['DELETE', '/articles/unknown/comments/99999', undefined, 'article'],
    ['GET', '/profiles/unknown', undefined, 'profile'],
    ['POST', '/profiles/unknown/follow', undefined, 'profile'],
    ['DELETE', '/profiles/unknown/follow', undefined, 'profile'],
  ])('%s %s', async (method, path, body, thing) => {
    const reply = await conduit.call(method, path, { token, body })
    expect([reply.status, reply.body]).toEqual([404, failure(`${thing}: not found`)])
  })

  test('a comment, also where it is another article’s', async () => {
    const [one, two] = [await conduit.write(token, 'Commented'), await conduit.write(token, 'Not commented')]
    const body = { comment: { body: 'Here' } }
    const { id } = (await conduit.call('POST', `/articles/${one}/comments`, { token, body })).body.comment
    for (const path of [`/articles/${one}/comments/99999`, `/articles/${two}/comments/${id}`]) {
      const reply = await conduit.call('DELETE', path, { token })
      expect([reply.status, reply.body]).toEqual([404, failure('comment: not found')])
    }
  })
})

describe('comments', () => {
  test('they are written, listed and deleted one by one', async () => {
    const token = await conduit.register('cmt')
    const slug = await conduit.write(token, 'Comment Article')
    const path = `/articles/${slug}/comments`
    const write = (body: string) => conduit.call('POST', path, { token, body: { comment: { body } } })
    const { status, body } = await write('Test comment body')
    const comment = {
      id: expect.any(Number),
      body: 'Test comment body',
      createdAt: expect.stringMatching(TIME),
      updatedAt: expect.stringMatching(TIME),
      author: author('cmt'),
    }
    expect([status, body]).toEqual([200, { comment }])
    for (const options of [{}, { token }]) {
      expect((await conduit.call('GET', path, options)).body).toEqual({ comments: [body.comment] })
    }
    const second = (await write('Second comment')).body.comment
    expect((await conduit.call('GET', path)).body.comments).toHaveLength(2)
    const removed = await conduit.call('DELETE', `${path}/${body.comment.id}`, { token })
    expect([removed.status, removed.body]).toEqual([204, undefined])
    expect((await conduit.call('GET', path)).body).toEqual({ comments: [second] })
    expect(await write('')).toMatchObject({ status: 422, body: failure("body: can't be blank") })
    expect(await conduit.call('DELETE', `${path}/one`, { token })).toMatchObject({ status: 422 })
    // They go with their article.
    expect((await conduit.call('DELETE', `/articles/${slug}`, { token })).status).toBe(204)
    expect(await conduit.write(token, 'Comment Article')).toBe(slug)
    expect((await conduit.call('GET', path)).body).toEqual({ comments: [] })
  })
})

describe('favorites', () => {
  test('they are counted, are one’s own, and can be listed', async () => {
    const [token, other] = [await conduit.register('fav'), await conduit.register('fav_other')]
    const slug = await conduit.write(token, 'Favorite Article')
    const article = async (favorited: boolean, favoritesCount: number, by?: string) => {
      const options = by === undefined ? {} : { token: by }
      const { body } = await conduit.call('GET', `/articles/${slug}`, options)
      expect(body.article).toMatchObject({ favorited, favoritesCount })
    }
    // Twice, for the second time is not a second favorite.
    for (const _ of [1, 2]) {
      const { status, body } = await conduit.call('POST', `/articles/${slug}/favorite`, { token })
      expect([status, body.article]).toMatchObject([
        200,
        { slug, body: 'Test body', favorited: true, favoritesCount: 1 },
      ])
    }
    await article(true, 1, token)
    await article(false, 1, other)
    await article(false, 1)
    for (const [options, favorited] of [
      [{}, false],
      [{ token }, true],
    ] as const) {
      const { body } = await conduit.call('GET', '/articles?favorited=fav', options)
      expect(body).toMatchObject({ articles: [{ slug, favorited, favoritesCount: 1 }], articlesCount: 1 })
      expect(body.articles[0]).not.toHaveProperty('body')
    }
    const { status, body } = await conduit.call('DELETE', `/articles/${slug}/favorite`, { token })
    expect([status, body.article]).toMatchObject([200, { slug, favorited: false, favoritesCount: 0 }])
    await article(false, 0, token)
    expect((await conduit.call('GET', '/articles?favorited=fav')).body.articlesCount).toBe(0)
  })
})

describe('the feed', () => {
  test('it has the articles of whom one follows, the newest first, in pages', async () => {
    const [main, celeb] = [await conduit.register('feedm'), await conduit.register('feedc')]
    const feed = async (query = '') => (await conduit.call('GET', `/articles/feed${query}`, { token: main })).body
    expect(await feed()).toEqual({ articles: [], articlesCount: 0 })
    await conduit.write(main, 'My own')
    const followed = await conduit.call('POST', '/profiles/feedc/follow', { token: main })
    expect([followed.status, followed.body]).toEqual([200, { profile: author('feedc', true) }])
    const slugs = [await conduit.write(celeb, 'Feed Article 1'), await conduit.write(celeb, 'Feed Article 2')]
    const all = await feed()
    expect(all).toMatchObject({
      articles: [
        { slug: slugs[1], author: author('feedc', true) },
        { slug: slugs[0], author: author('feedc', true) },
      ],
      articlesCount: 2,
    })
    expect(all.articles[0]).not.toHaveProperty('body')
    expect(await feed('?limit=1')).toEqual({ articles: [all.articles[0]], articlesCount: 2 })
    expect(await feed('?limit=1&offset=1')).toEqual({ articles: [all.articles[1]], articlesCount: 2 })
    await conduit.call('DELETE', '/profiles/feedc/follow', { token: main })
    expect(await feed()).toEqual({ articles: [], articlesCount: 0 })
  })
})

describe('pages', () => {
  test('20 from the beginning unless asked; never more than 100', async () => {
    const token = await conduit.register('page')
    const slugs: string[] = []
    for (let i = 0; i < 102; i++) slugs.unshift(await conduit.write(token, `Pagination ${i}`))
    const list = async (query: string) => {
      const { articles, articlesCount } = (await conduit.call('GET', `/articles?author=page${query}`)).body
      expect(articlesCount).toBe(102)
      return articles.map((article: { slug: string }) => article.slug)
    }
    expect(await list('')).toEqual(slugs.slice(0, 20))
    expect(await list('&limit=1')).toEqual(slugs.slice(0, 1))
    expect(await list('&limit=2&offset=1')).toEqual(slugs.slice(1, 3))
    expect(await list('&offset=100')).toEqual(slugs.slice(100))
    expect(await list('&limit=1000')).toEqual(slugs.slice(0, 100))
  })

  test.each([
    ['limit=0', /^limit: /],
    ['limit=-1', /^limit: /],
    ['limit=ten', /^limit: /],
    ['offset=-1', /^offset: /],
    ['offset=1.5', /^offset: /],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await conduit.call('GET', `/articles?${query}`)
    expect([status, body]).toEqual([422, failure(expect.stringMatching(message) as unknown as string)])
  })
})

describe('profiles', () => {
  test('they are seen by all, and followed', async () => {
    const token = await conduit.register('prof')
    await conduit.register('celeb')
    const sees = async (following: boolean, options = {}) => {
      const { status, body } = await conduit.call('GET', '/profiles/celeb', options)
      expect([status, body]).toEqual([200, { profile: author('celeb', following) }])
    }
    await sees(false)
    await sees(false, { token })
    for (const method of ['POST', 'POST', 'DELETE', 'DELETE']) {
      const following = method === 'POST'
      const { status, body } = await conduit.call(method, '/profiles/celeb/follow', { token })
      expect([status, body]).toEqual([200, { profile: author('celeb', following) }])
      await sees(following, { token })
      await sees(false)
    }
  })
})

describe('tags', () => {
  test('those in use, each once, the most used first', async () => {
    const token = await conduit.register('tagger')
    await conduit.write(token, 'Tags 1', { tagList: ['zebra', 'ant', 'zebra'] })
    const slug = await conduit.write(token, 'Tags 2', { tagList: ['zebra', 'rare'] })
    const tags = async () => (await conduit.call('GET', '/tags')).body.tags
    expect(await tags()).toEqual(['zebra', 'ant', 'rare'])
    await conduit.call('DELETE', `/articles/${slug}`, { token })
    expect(await tags()).toEqual(['ant', 'zebra'])
  })
})
