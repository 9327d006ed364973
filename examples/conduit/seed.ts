import { hashPassword } from './passwords.ts'
import { openStore } from './store/store.ts'
import type { UserRow } from './store/users.ts'

const people = [
  { username: 'jake', email: 'jake@jake.jake', bio: 'I work at State Farm' },
  { username: 'anah', email: 'anah@example.com', bio: null },
]

const writings = [
  {
    by: 'jake',
    title: 'How to train your dragon',
    description: 'Ever wonder how?',
    body: 'It takes a *Jacobian*.',
    tagList: ['dragons', 'training'],
  },
  {
    by: 'jake',
    title: 'How to train your dragon 2',
    description: 'So toothless',
    body: 'It is a dragon.',
    tagList: ['dragons'],
  },
  {
    by: 'anah',
    title: 'Bread without kneading',
    description: 'Time does the work',
    body: 'Flour, water, salt, a little yeast, and *eighteen hours*.',
    tagList: ['baking', 'patience'],
  },
  {
    by: 'anah',
    title: 'On keeping a notebook',
    description: 'Write it down, and forget it',
    body: 'Paper never runs out of battery.',
    tagList: ['patience'],
  },
]

/** Gives an empty database a few people, articles, comments and favorites; everybody's password is `password`. */
export async function seed(file: string): Promise<void> {
  const { users, articles, comments, close } = openStore(file)
  try {
    if (users.byUsername('jake') !== undefined || articles.list({ limit: 1, offset: 0 }, undefined).articlesCount > 0)
      return
    const password = await hashPassword('password')
    const [jake, anah] = people.map((person) => users.insert({ ...person, password, image: null })) as [
      UserRow,
      UserRow,
    ]
    for (const { by, ...fields } of writings) {
      const article = articles.insert(by === 'jake' ? jake : anah, fields)
      if (by === 'anah') articles.favorite(article, jake)
      if (by === 'jake') comments.insert(article, anah, 'Thank you, mine flies already.')
    }
    users.follow(jake, anah)
  } finally {
    close()
  }
}
